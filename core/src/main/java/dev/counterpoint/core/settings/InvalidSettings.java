package dev.counterpoint.core.settings;

import java.util.List;
import java.util.stream.Collectors;

/** A request that cannot be carried out as it stands; nothing has been started or written. */
public final class InvalidSettings extends IllegalArgumentException {
  private static final long serialVersionUID = 1L;

  private final transient List<Problem> problems;

  /** Problems with several keys. */
  public InvalidSettings(List<Problem> problems) {
    super(problems.stream().map(Problem::toString).collect(Collectors.joining("\n")));
    this.problems = List.copyOf(problems);
  }

  /** One problem that belongs to no single key. */
  public InvalidSettings(String message) {
    this(List.of(new Problem("", message)));
  }

  /** What is wrong, one entry a problem. */
  public List<Problem> problems() {
    return problems;
  }

  /**
   * One thing that is wrong.
   *
   * @param key the key within its record, as {@code learningRate}; empty where it is about the
   *     whole
   * @param message the value found and what is allowed, as {@code -1 must be greater than 0}
   */
  public record Problem(String key, String message) {
    /** The same problem seen from an enclosing key. */
    public Problem under(String parent) {
      return new Problem(key.isEmpty() ? parent : parent + "." + key, message);
    }

    @Override
    public String toString() {
      return key.isEmpty() ? message : key + " " + message;
    }
  }
}
