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

  private final @Nullable String capsule;

  NotFiniteException(String message) {
    this(message, null);
  }

  /**
   * @param capsule the folder where the step was kept; null where it was not
   */
  NotFiniteException(String message, @Nullable String capsule) {
    super(message);
    this.capsule = capsule;
  }

  /** Where the step was kept, by whichever process it was. */
  public Optional<Path> capsule() {
    return Optional.ofNullable(capsule).map(Path::of);
  }
}
