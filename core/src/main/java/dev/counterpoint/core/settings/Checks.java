package dev.counterpoint.core.settings;

import java.util.ArrayList;
import java.util.List;

/**
 * Gathers what is wrong with the values of one record, so that all of it is said at once:
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

  /** The value must be greater than zero and finite. */
  public Checks positive(String key, double value) {
    return that(
        value > 0 && value < Double.POSITIVE_INFINITY, key, value, "must be greater than 0");
  }

  /** The value must be greater than zero, and a size that a model may have. */
  public Checks size(String key, int value, int most) {
    return positive(key, value).that(value <= most, key, value, "must be at most " + most);
  }

  /** The value must be zero or greater, and finite. */
  public Checks notNegative(String key, double value) {
    return that(value >= 0 && value < Double.POSITIVE_INFINITY, key, value, "must be 0 or greater");
  }

  /** The value must lie from {@code low} to {@code high}, both included. */
  public Checks within(String key, double value, double low, double high) {
    return that(
        value >= low && value <= high,
        key,
        value,
        "must be from " + plain(low) + " to " + plain(high));
  }

  /** The value must lie from {@code low} (included) to {@code high} (excluded). */
  public Checks below(String key, double value, double low, double high) {
    return that(
        value >= low && value < high,
        key,
        value,
        "must be at least " + plain(low) + " and less than " + plain(high));
  }

  /** The value must be positive, and a positive {@code whole} a multiple of it. */
  public Checks divides(String key, int value, String wholeKey, int whole) {
    return positive(key, value)
        .that(value < 1 || whole % value == 0, key, value, "must divide " + wholeKey + " " + whole);
  }

  /**
   * Adds a problem unless {@code holds}: {@code key value rule}, as in "heads 3 must divide width
   * 128".
   */
  public Checks that(boolean holds, String key, Object value, String rule) {
    if (!holds) {
      problems.add(new InvalidSettings.Problem(key, show(value) + " " + rule));
    }
    return this;
  }

  /**
   * Ends the checks.
   *
   * @throws InvalidSettings naming every problem found
   */
  public void verify() {
    if (!problems.isEmpty()) {
      throw new InvalidSettings(problems);
    }
  }

  private static String show(Object value) {
    return value instanceof Double number ? plain(number) : String.valueOf(value);
  }

  private static String plain(double value) {
    return value == Math.rint(value) && Math.abs(value) < 1e15
        ? Long.toString((long) value)
        : Double.toString(value);
  }
}
