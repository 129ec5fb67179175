package dev.counterpoint.core.training;

import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A loss or gradient is NaN or infinite. The update was not made: the parameters are those of the
 * step before.
 */
public final class NotFiniteException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final @Nullable String snapshot;

  NotFiniteException(String message) {
    this(message, null);
  }

  /**
   * @param snapshot the folder where the step was kept; null where it was not
   */
  NotFiniteException(String message, @Nullable String snapshot) {
    super(message);
    this.snapshot = snapshot;
  }

  /** Where the step was kept, by whichever process it was. */
  public Optional<Path> snapshot() {
    return Optional.ofNullable(snapshot).map(Path::of);
  }
}
