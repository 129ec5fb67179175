package dev.counterpoint.runner.spark;

/** The end of an attempt that the driver has been told of, so that Spark makes another. */
final class AttemptFailed extends RuntimeException {
  private static final long serialVersionUID = 1L;

  AttemptFailed(String message) {
    super(message);
  }
}
