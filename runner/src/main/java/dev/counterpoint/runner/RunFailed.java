package dev.counterpoint.runner;

import java.util.List;

/** A command or training run failed; the message states the reason for the user. */
public final class RunFailed extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public RunFailed(String message) {
    super(message);
  }

  public RunFailed(String message, Throwable cause) {
    super(message, cause);
  }

  /** Throws an exception with all messages; none for an empty list. */
  public static void ifAny(List<String> messages) {
    if (!messages.isEmpty()) {
      throw new RunFailed(String.join("\n", messages));
    }
  }
}
