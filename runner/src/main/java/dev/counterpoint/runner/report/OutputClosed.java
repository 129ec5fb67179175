package dev.counterpoint.runner.report;

/**
 * Thrown if the reader of standard output has closed it, as {@code head} does. The command exits
 * without a message.
 */
public final class OutputClosed extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public OutputClosed(Throwable cause) {
    super(cause);
  }
}
