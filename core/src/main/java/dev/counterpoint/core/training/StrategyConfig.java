package dev.counterpoint.core.training;

import dev.counterpoint.core.distributed.Collective;
import dev.counterpoint.core.distributed.Processes;
import java.util.Optional;

/**
 * Settings of a training strategy: the {@code strategy:} section of a run file. An implementation
 * is a record that validates itself.
 */
@FunctionalInterface
public interface StrategyConfig {
  /**
   * Builds the strategy of one process.
   *
   * @param collective connects the processes of the run; {@link Collective#singleProcess()} if the
   *     run has a single process. Its creator closes it, after the strategy.
   */
  TrainingStrategy build(Collective collective);

  /**
   * The processes that {@code counterpoint train} starts for a run with this strategy. Empty by
   * default: the strategy runs in the process of the command.
   */
  default Optional<Processes> processes() {
    return Optional.empty();
  }
}
