package dev.counterpoint.core.training;

/**
 * A loss or gradient is NaN or infinite. The update was not made: the parameters are those of the
 * step before.
 */
public final class NotFiniteException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  NotFiniteException(String message) {
    super(message);
  }
}
