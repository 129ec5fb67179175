package dev.counterpoint.core.training.failure;

import ai.djl.engine.EngineException;
import java.util.Locale;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Thrown if a step or a validation needs more memory than the machine or its GPU has. */
public final class OutOfMemoryException extends RuntimeException {
  private static final long serialVersionUID = 1L;
  private static final Pattern NATIVE =
      Pattern.compile("can't allocate memory|out of memory|cannot allocate|alloc.* failed");

  private OutOfMemoryException(String message, Throwable cause) {
    super(message, cause);
  }

  /**
   * Returns an {@code OutOfMemoryException} if the failure is a failed allocation, otherwise the
   * failure itself.
   *
   * @param position the current activity, as "step 12, micro-batch 0: ids (8, 128)"
   */
  public static RuntimeException orItself(RuntimeException failure, String position) {
    return failure instanceof EngineException && isOfMemory(failure.getMessage())
        ? new OutOfMemoryException(message(failure, position), failure)
        : failure;
  }

  /** Returns the exception to throw if the JVM heap is exhausted. */
  public static OutOfMemoryException of(OutOfMemoryError failure, String position) {
    return new OutOfMemoryException(message(failure, position), failure);
  }

  private static boolean isOfMemory(@Nullable String message) {
    return message != null && NATIVE.matcher(message.toLowerCase(Locale.ROOT)).find();
  }

  private static String message(Throwable failure, String position) {
    return "There is not enough memory for "
        + position
        + ". Lower microBatchSize (without dropout the step stays the same up to rounding),"
        + " batchSize, or maxLength. Cause: "
        + String.valueOf(failure.getMessage()).lines().findFirst().orElse("");
  }
}
