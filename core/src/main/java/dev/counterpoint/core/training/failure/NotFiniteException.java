package dev.counterpoint.core.training.failure;

import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A loss or gradient is NaN or infinite. The update was skipped: the parameters are those after the
 * previous step.
 */
public final class NotFiniteException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final @Nullable String snapshot;

  public NotFiniteException(String message) {
    this(message, null);
  }

  /**
   * @param snapshot the folder with the snapshot of the step; null if none was saved
   */
  public NotFiniteException(String message, @Nullable String snapshot) {
    super(message);
    this.snapshot = snapshot;
  }

  /** The folder with the snapshot of the step, saved by any of the processes. */
  public Optional<Path> snapshot() {
    return Optional.ofNullable(snapshot).map(Path::of);
  }
}
