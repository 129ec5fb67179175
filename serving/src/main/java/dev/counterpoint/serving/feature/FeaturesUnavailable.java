package dev.counterpoint.serving.feature;

import dev.counterpoint.core.settings.Secrets;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/** Thrown if a store does not answer, or if its features are too old. */
public final class FeaturesUnavailable extends UncheckedIOException {
  private static final long serialVersionUID = 1L;

  public FeaturesUnavailable(String message, @Nullable Throwable cause) {
    super(message, new IOException(message, cause));
  }

  /**
   * The failure of a store as this exception.
   *
   * @param store the store, for the message
   */
  public static FeaturesUnavailable of(String store, Throwable failure) {
    Throwable cause =
        failure instanceof CompletionException && failure.getCause() != null
            ? failure.getCause()
            : failure;
    if (cause instanceof FeaturesUnavailable unavailable) {
      return unavailable;
    }
    String problem =
        cause instanceof TimeoutException
            ? "no answer in time"
            : String.valueOf(cause.getMessage()).lines().findFirst().orElse("");
    return new FeaturesUnavailable(store + ": " + Secrets.mask(problem), cause);
  }
}
