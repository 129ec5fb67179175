package dev.counterpoint.core.settings;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.function.DoublePredicate;
import org.jspecify.annotations.Nullable;

/**
 * Validates the values of one settings record and collects all problems into one exception. A value
 * of null, which stands for a default, passes the checks of numbers:
 *
 * <pre>{@code
 * public record Dropout(double rate) {
 *   public Dropout {
 *     new Checks().within("rate", rate, 0, 1).verify();
 *   }
 * }
 * }</pre>
 */
public final class Checks {
  private final List<InvalidSettings.Problem> problems = new ArrayList<>();

  /** Requires a finite value greater than 0. */
  public Checks positive(String key, @Nullable Number value) {
    return number(key, value, it -> it > 0 && Double.isFinite(it), "must be greater than 0");
  }

  /** Requires a value greater than 0 and at most {@code max}. */
  public Checks size(String key, @Nullable Integer value, int max) {
    return positive(key, value).number(key, value, it -> it <= max, "must be at most " + max);
  }

  /** Requires a finite value of 0 or greater. */
  public Checks notNegative(String key, @Nullable Number value) {
    return number(key, value, it -> it >= 0 && Double.isFinite(it), "must be 0 or greater");
  }

  /** Requires a value of {@code low} or greater. */
  public Checks atLeast(String key, @Nullable Integer value, int low) {
    return number(key, value, it -> it >= low, "must be " + low + " or greater");
  }

  /** Requires a value from {@code low} to {@code high}, both inclusive. */
  public Checks within(String key, @Nullable Number value, double low, double high) {
    return number(
        key,
        value,
        it -> it >= low && it <= high,
        "must be from " + plain(low) + " to " + plain(high));
  }

  /** Requires a value from {@code low} (inclusive) to {@code high} (exclusive). */
  public Checks below(String key, @Nullable Number value, double low, double high) {
    return number(
        key,
        value,
        it -> it >= low && it < high,
        "must be at least " + plain(low) + " and less than " + plain(high));
  }

  /** Requires a value greater than 0 and at most 1. */
  public Checks fraction(String key, @Nullable Number value) {
    return number(key, value, it -> it > 0 && it <= 1, "must be greater than 0 and at most 1");
  }

  /** Requires a value greater than 0 that divides {@code multiple} without a remainder. */
  public Checks divides(String key, int value, String multipleKey, int multiple) {
    return positive(key, value)
        .that(
            value < 1 || multiple % value == 0,
            key,
            value,
            "must divide " + multipleKey + " " + multiple);
  }

  /** Checks that no item occurs twice. */
  public Checks distinct(String key, List<String> items) {
    boolean differ = new HashSet<>(items).size() == items.size();
    return that(differ, key, Excerpt.ofList(items), "must all differ");
  }

  private Checks number(String key, @Nullable Number value, DoublePredicate rule, String text) {
    return value == null ? this : that(rule.test(value.doubleValue()), key, value, text);
  }

  /**
   * Adds a problem if {@code holds} is false. Its message is {@code key value rule}, such as "heads
   * 3 must divide width 128".
   */
  public Checks that(boolean holds, String key, Object value, String rule) {
    if (!holds) {
      problems.add(new InvalidSettings.Problem(key, show(value) + " " + rule));
    }
    return this;
  }

  /**
   * Throws if any check failed.
   *
   * @throws InvalidSettings if there are problems; the message lists all of them
   */
  public void verify() {
    InvalidSettings.requireNone(problems);
  }

  private static String show(Object value) {
    return value instanceof Double real ? plain(real) : String.valueOf(value);
  }

  private static String plain(double value) {
    return value == Math.rint(value) && Math.abs(value) < 1e15
        ? Long.toString((long) value)
        : Double.toString(value);
  }
}
