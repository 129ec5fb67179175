package dev.counterpoint.core.callback;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A run begins, or goes on.
 *
 * @param step updates made before: 0 unless the run goes on from a checkpoint
 * @param totalSteps updates of the whole run
 * @param epochs of the whole run
 * @param passedOver newer checkpoints that could not be used, and why: a sentence each
 * @param ended why there is nothing left to train, as "all 300 steps are done"; null where there is
 */
public record TrainingStart(
    long step, long totalSteps, int epochs, List<String> passedOver, @Nullable String ended) {
  /** A start after which steps follow. */
  public TrainingStart(long step, long totalSteps, int epochs, List<String> passedOver) {
    this(step, totalSteps, epochs, passedOver, null);
  }
}
