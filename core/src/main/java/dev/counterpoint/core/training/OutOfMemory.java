package dev.counterpoint.core.training;

import ai.djl.engine.EngineException;
import java.util.Locale;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The memory, of the machine or of its GPU, does not hold what a step needs. */
public final class OutOfMemory extends RuntimeException {
  private static final long serialVersionUID = 1L;
  private static final Pattern NATIVE =
      Pattern.compile("can't allocate memory|out of memory|cannot allocate|alloc.* failed");

  private OutOfMemory(String message, Throwable cause) {
    super(message, cause);
  }

  /**
   * What is to be thrown for a failure: this, where memory was what failed, else the failure.
   *
   * @param place what was computed, as "step 12, micro-batch 0: ids (8, 128)"
   */
  static RuntimeException orItself(RuntimeException failure, String place) {
    return failure instanceof EngineException && isOfMemory(failure.getMessage())
        ? new OutOfMemory(message(failure, place), failure)
        : failure;
  }

  /** The same for the memory of the JVM. */
  static OutOfMemory of(OutOfMemoryError failure, String place) {
    return new OutOfMemory(message(failure, place), failure);
  }

  private static boolean isOfMemory(@Nullable String message) {
    return message != null && NATIVE.matcher(message.toLowerCase(Locale.ROOT)).find();
  }

  private static String message(Throwable failure, String place) {
    return "There is not enough memory for "
        + place
        + ". Lower microBatchSize (without dropout the step stays the same up to rounding),"
        + " batchSize, or maxLength. It was said: "
        + String.valueOf(failure.getMessage()).lines().findFirst().orElse("");
  }
}
