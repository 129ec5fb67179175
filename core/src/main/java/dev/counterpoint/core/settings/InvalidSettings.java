package dev.counterpoint.core.settings;

import com.google.errorprone.annotations.FormatMethod;
import com.google.errorprone.annotations.FormatString;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Invalid settings, arguments or data: the request was rejected before anything was started or
 * written.
 */
public final class InvalidSettings extends IllegalArgumentException {
  private static final long serialVersionUID = 1L;

  private final transient List<Problem> problems;

  /** Several problems; the message has one line for each. */
  public InvalidSettings(List<Problem> problems) {
    super(problems.stream().map(Problem::toString).collect(Collectors.joining("\n")));
    this.problems = List.copyOf(problems);
  }

  /** One problem that does not belong to a particular key. */
  public InvalidSettings(String message) {
    this(List.of(new Problem("", message)));
  }

  /** One problem, described by a pattern of {@link String#format} and its values. */
  @FormatMethod
  public InvalidSettings(@FormatString String pattern, @Nullable Object... values) {
    this(Formats.of(pattern, values));
  }

  /**
   * Checks that there are no problems.
   *
   * @throws InvalidSettings if there are any; the message lists all of them
   */
  public static void requireNone(List<Problem> problems) {
    if (!problems.isEmpty()) {
      throw new InvalidSettings(problems);
    }
  }

  /** The same exception with each problem changed. */
  public InvalidSettings with(UnaryOperator<Problem> change) {
    return new InvalidSettings(problems.stream().map(change).toList());
  }

  /** All problems, at least one. */
  public List<Problem> problems() {
    return problems;
  }

  /**
   * One problem.
   *
   * @param key the key within its record, such as {@code learningRate}; empty if the problem does
   *     not belong to a particular key
   * @param message the value found and what is allowed, such as {@code -1 must be greater than 0}
   */
  public record Problem(String key, String message) {
    /** The same problem with its key prefixed by an enclosing key, which may be empty. */
    public Problem under(String parent) {
      String separator = parent.isEmpty() || key.isEmpty() ? "" : ".";
      return new Problem(parent + separator + key, message);
    }

    @Override
    public String toString() {
      return key.isEmpty() ? message : key + " " + message;
    }
  }
}
