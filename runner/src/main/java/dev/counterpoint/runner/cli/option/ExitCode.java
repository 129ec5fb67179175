package dev.counterpoint.runner.cli.option;

/** Exit codes of the commands. */
public final class ExitCode {
  /** Success. */
  public static final int SUCCESS = 0;

  /** The request was valid, but the run failed. */
  public static final int RUN_FAILED = 1;

  /** Invalid arguments, run file or data; nothing was started. */
  public static final int INVALID_REQUEST = 2;

  /**
   * Standard output was closed by its reader: 128 + 13. The JVM ignores SIGPIPE, so the command
   * exits with the code of a program that the signal terminates.
   */
  public static final int OUTPUT_CLOSED = 141;

  private ExitCode() {}
}
