package dev.counterpoint.serving;

import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.serving.feature.FeaturesUnavailable;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/** Thrown if a request gets no prediction; the message is for the caller. */
public final class PredictionFailed extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** Why a request gets no prediction. */
  public enum Reason {
    /** The registry has no such model, version or alias. */
    UNKNOWN_MODEL,
    /** An input does not fit the model. */
    INVALID_INPUT,
    /** The queue of the model is full; the caller may try again later. */
    QUEUE_FULL,
    /** The deadline of the request has passed. */
    DEADLINE,
    /** The caller has cancelled the request. */
    CANCELLED,
    /** The model is closed, or the server is shutting down. */
    SHUTTING_DOWN,
    /** The feature store did not answer, or its features are too old. */
    NO_FEATURES,
    /** The model failed. */
    FAILED
  }

  private final Reason reason;

  public PredictionFailed(Reason reason, String message) {
    this(reason, message, null);
  }

  private PredictionFailed(Reason reason, String message, @Nullable Throwable cause) {
    super(message, cause);
    this.reason = reason;
  }

  /** Why the request gets no prediction. */
  public Reason reason() {
    return reason;
  }

  /** Converts the failure of a prediction to this exception. */
  public static PredictionFailed of(Throwable failure) {
    Throwable cause =
        failure instanceof CompletionException && failure.getCause() != null
            ? failure.getCause()
            : failure;
    if (cause instanceof PredictionFailed failed) {
      return failed;
    }
    if (cause instanceof InvalidSettings) {
      return new PredictionFailed(Reason.INVALID_INPUT, String.valueOf(cause.getMessage()), cause);
    }
    if (cause instanceof FeaturesUnavailable) {
      return new PredictionFailed(Reason.NO_FEATURES, String.valueOf(cause.getMessage()), cause);
    }
    if (cause instanceof TimeoutException) {
      return new PredictionFailed(
          Reason.DEADLINE, "The deadline of the request passed before its prediction.", cause);
    }
    if (cause instanceof CancellationException) {
      return new PredictionFailed(Reason.CANCELLED, "The request was cancelled.", cause);
    }
    return new PredictionFailed(
        Reason.FAILED, "The model failed; the log of the server has the cause.", cause);
  }
}
