package dev.counterpoint.core.distributed;

import dev.counterpoint.core.settings.Checks;
import java.time.Duration;

/**
 * The worker processes of a run, as its {@code StrategyConfig} declares them.
 *
 * <p>A launcher that has another number of processes, such as torchrun or Slurm, sets the config's
 * record component {@value #WORKERS}: {@code --set strategy.workers=4}.
 *
 * @param workers number of processes, at least 1
 * @param maxRestarts number of times that all workers restart from the newest checkpoint after one
 *     of them has died
 * @param deadline maximum time that a process waits for another one; whole seconds, at least 1
 */
public record Processes(int workers, int maxRestarts, Duration deadline) {
  /** The record component of a {@code StrategyConfig} that sets the number of processes. */
  public static final String WORKERS = "workers";

  public Processes {
    new Checks()
        .positive(WORKERS, workers)
        .notNegative("maxRestarts", maxRestarts)
        .that(deadline.toSeconds() >= 1, "deadline", deadline, "must be a second or more")
        .verify();
  }

  /** Processes with three restarts and a deadline of 60 seconds. */
  public static Processes of(int workers) {
    return new Processes(workers, 3, Duration.ofSeconds(60));
  }
}
