package dev.counterpoint.strategies.launch;

import org.jspecify.annotations.Nullable;

/** Thrown if a job fails, with the exit code of the command and a message for the user. */
public final class LaunchException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final int exitCode;

  /**
   * The failure of a job.
   *
   * @param exitCode a code of {@link RankExit}
   * @param message null if the user has already seen it
   */
  public LaunchException(int exitCode, @Nullable String message) {
    super(message);
    this.exitCode = exitCode;
  }

  /** An invalid request: exit code 2. */
  public static LaunchException invalid(String message) {
    return new LaunchException(RankExit.INVALID_REQUEST, message);
  }

  /** The exit code of the command. */
  public int exitCode() {
    return exitCode;
  }
}
