package dev.counterpoint.core.checkpoint;

import dev.counterpoint.core.settings.Checks;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * When checkpoints are saved, and how many are kept. A checkpoint is always saved at the end of a
 * run.
 *
 * @param everySteps the number of optimizer steps between checkpoints; 0 saves none by step count
 * @param keep the number of newest checkpoints that are kept; the best one is kept in addition
 * @param everyMinutes also save when the last checkpoint is at least this many minutes old; null
 *     saves none by time
 * @param background whether training continues while a checkpoint is written; the writer works on a
 *     copy of the arrays, which needs as much memory again
 */
public record CheckpointPolicy(
    int everySteps, int keep, @Nullable Double everyMinutes, boolean background) {
  public CheckpointPolicy {
    new Checks()
        .notNegative("everySteps", everySteps)
        .atLeast("keep", keep, 1)
        .positive("everyMinutes", everyMinutes)
        .verify();
  }

  /** A policy with checkpoints written in the background. */
  public CheckpointPolicy(int everySteps, int keep, @Nullable Double everyMinutes) {
    this(everySteps, keep, everyMinutes, true);
  }

  /** The defaults: a checkpoint every 200 steps, of which the newest 3 are kept. */
  public static CheckpointPolicy defaults() {
    return new CheckpointPolicy(200, 3, null);
  }

  /**
   * Whether a checkpoint is due after this step.
   *
   * @param step the number of the step, counted from 1
   * @param sinceLast the time since the last checkpoint, or since the start of the run
   */
  public boolean due(long step, Duration sinceLast) {
    return (everySteps > 0 && step % everySteps == 0)
        || (everyMinutes != null && sinceLast.toMillis() >= everyMinutes * 60_000);
  }
}
