package dev.counterpoint.core.checkpoint;

import dev.counterpoint.core.settings.Checks;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * When checkpoints are saved, and how many are kept. One is always saved at the end of a run.
 *
 * @param everySteps a checkpoint each so many optimizer steps; 0: none by steps
 * @param keep how many of the newest are kept; the best one is kept apart
 * @param everyMinutes a checkpoint too when the last is so many minutes old; null: none by time
 * @param background whether the training goes on while a checkpoint is written, from a copy that
 *     takes as much memory
 */
public record CheckpointPolicy(
    int everySteps, int keep, @Nullable Double everyMinutes, boolean background) {
  public CheckpointPolicy {
    Checks checks = new Checks();
    checks.notNegative("everySteps", everySteps);
    checks.that(keep >= 1, "keep", keep, "must be 1 or greater");
    if (everyMinutes != null) {
      checks.positive("everyMinutes", everyMinutes);
    }
    checks.verify();
  }

  /** Written in the background. */
  public CheckpointPolicy(int everySteps, int keep, @Nullable Double everyMinutes) {
    this(everySteps, keep, everyMinutes, true);
  }

  /** Every 200 steps, the newest 3. */
  public static CheckpointPolicy defaults() {
    return new CheckpointPolicy(200, 3, null);
  }

  /**
   * Whether a checkpoint is to be saved after this step.
   *
   * @param step counted from 1
   * @param sinceLast the time since the last one, or since the start
   */
  public boolean due(long step, Duration sinceLast) {
    return (everySteps > 0 && step % everySteps == 0)
        || (everyMinutes != null && sinceLast.toMillis() >= everyMinutes * 60_000);
  }
}
