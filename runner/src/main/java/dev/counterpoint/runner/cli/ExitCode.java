package dev.counterpoint.runner.cli;

/** What a command's exit code says. */
final class ExitCode {
  static final int DONE = 0;

  /** The request was right, but it could not be carried out. */
  static final int RUN_FAILED = 1;

  /** Arguments, run file or data are not as they must be; nothing was started. */
  static final int REQUEST_WRONG = 2;

  /** SIGINT, as shells count it: 128 + 2. */
  static final int INTERRUPTED = 130;

  /** SIGPIPE: 128 + 13. Java is not ended by it, but ends as a program that is. */
  static final int OUTPUT_CLOSED = 141;

  /** SIGTERM: 128 + 15. */
  static final int TERMINATED = 143;

  private ExitCode() {}
}
