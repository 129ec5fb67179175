package dev.counterpoint.core.training.failure;

import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Thrown if a loss, gradient or weight is NaN or infinite. If the loss or gradient of a step is not
 * finite, the update was skipped, and the parameters are unchanged since the previous step.
 */
public final class NotFiniteException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final @Nullable String snapshot;

  public NotFiniteException(String message) {
    this(message, null);
  }

  /**
   * Creates an exception with a snapshot.
   *
   * @param snapshot the folder with the snapshot of the step; null if none was saved
   */
  public NotFiniteException(String message, @Nullable String snapshot) {
    super(message);
    this.snapshot = snapshot;
  }

  /** The folder with the snapshot of the step, saved by any rank; empty if there is none. */
  public Optional<Path> snapshot() {
    return Optional.ofNullable(snapshot).map(Path::of);
  }
}
