package dev.counterpoint.runner.spark;

import org.jspecify.annotations.Nullable;

/** The end of a job, with a message for the user and the exit code of the driver. */
final class JobFailed extends RuntimeException {
  private static final long serialVersionUID = 1L;
  static final int RUN_FAILED = 1;
  static final int REQUEST_WRONG = 2;

  private final int exitCode;

  JobFailed(int exitCode, @Nullable String message) {
    super(message);
    this.exitCode = exitCode;
  }

  /** A request that could never be carried out. */
  static JobFailed wrong(String message) {
    return new JobFailed(REQUEST_WRONG, message);
  }

  /** One whose reason the user has read already. */
  static JobFailed told(int exitCode) {
    return new JobFailed(exitCode, null);
  }

  int exitCode() {
    return exitCode;
  }
}
