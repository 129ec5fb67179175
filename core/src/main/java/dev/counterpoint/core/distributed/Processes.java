package dev.counterpoint.core.distributed;

import dev.counterpoint.core.settings.Checks;
import java.time.Duration;

/**
 * The worker processes of a run, as declared by its {@code StrategyConfig}.
 *
 * <p>If an external launcher such as torchrun or Slurm starts another number of processes, the
 * record component {@value #WORKERS} of the config is set to that number, as with {@code --set
 * strategy.workers=4}.
 *
 * @param workers the number of processes, at least 1
 * @param maxRestarts how often all workers are restarted from the newest checkpoint after one of
 *     them has died
 * @param deadline the maximum time that a process waits for another process; whole seconds, at
 *     least 1
 */
public record Processes(int workers, int maxRestarts, Duration deadline) {
  /** The record component of a {@code StrategyConfig} that sets the number of processes. */
  public static final String WORKERS = "workers";

  public Processes {
    new Checks()
        .positive(WORKERS, workers)
        .notNegative("maxRestarts", maxRestarts)
        .that(deadline.toSeconds() >= 1, "deadline", deadline, "must be at least one second")
        .verify();
  }

  /** Processes with three restarts and a deadline of 60 seconds. */
  public static Processes of(int workers) {
    return new Processes(workers, 3, Duration.ofSeconds(60));
  }
}
