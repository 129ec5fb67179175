package dev.counterpoint.runner.report;

/** Whoever read the results reads no more, as {@code head} does: nothing is left to be said. */
public final class OutputClosed extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public OutputClosed(Throwable cause) {
    super(cause);
  }
}
