package dev.counterpoint.strategies.distributed;

import dev.counterpoint.core.distributed.Collective;
import dev.counterpoint.core.distributed.Processes;
import dev.counterpoint.core.settings.Checks;
import dev.counterpoint.core.training.StrategyConfig;
import dev.counterpoint.core.training.TrainState;
import dev.counterpoint.core.training.TrainingStrategy;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Data-parallel training: each process computes the gradients of its shard of every batch, and the
 * gradients are summed over the processes before the step ({@code
 * torch.nn.parallel.DistributedDataParallel}). With a single process it is the standard strategy.
 *
 * @param collective connects the processes; its creator closes it
 */
public record DistributedTrainingStrategy(Collective collective) implements TrainingStrategy {
  @Override
  public int reduceGradients(TrainState state) {
    collective.allReduce(state.gradients());
    return collective.worldSize();
  }

  /**
   * Settings of distributed training.
   *
   * @param workers number of processes; each computes its shard of {@code batchSize}
   * @param maxRestarts maximum number of consecutive restarts without a new checkpoint; all workers
   *     restart from the newest checkpoint after one of them is lost
   * @param deadlineSeconds timeout in seconds for joining and for detecting a lost rank; must be
   *     longer than any work that only one rank does
   * @param syncEvery optimizer steps between two synchronizations; 1 sums the gradients of every
   *     step, a larger number is DiLoCo with that many local steps
   * @param outer outer optimizer of DiLoCo; if absent, the mean of the weights with {@code
   *     syncEvery} 1, and the defaults of {@link OuterOptimizerConfig} otherwise
   */
  public record Config(
      int workers,
      int maxRestarts,
      int deadlineSeconds,
      int syncEvery,
      @Nullable OuterOptimizerConfig outer)
      implements StrategyConfig {
    public Config {
      new Checks()
          .positive("workers", workers)
          .notNegative("maxRestarts", maxRestarts)
          .positive("deadlineSeconds", deadlineSeconds)
          .positive("syncEvery", syncEvery)
          .verify();
    }

    /** Two processes, three restarts, a deadline of 60 seconds, gradients summed in each step. */
    public static Config defaults() {
      return new Config(2, 3, 60, 1, null);
    }

    @Override
    public Optional<Processes> processes() {
      return Optional.of(new Processes(workers, maxRestarts, Duration.ofSeconds(deadlineSeconds)));
    }

    @Override
    public TrainingStrategy build(Collective collective) {
      OuterOptimizerConfig usual =
          syncEvery == 1 ? OuterOptimizerConfig.mean() : OuterOptimizerConfig.defaults();
      OuterOptimizerConfig optimizer = outer == null ? usual : outer;
      return syncEvery == 1 && optimizer.equals(OuterOptimizerConfig.mean())
          ? new DistributedTrainingStrategy(collective)
          : new DiLoCoTrainingStrategy(syncEvery, optimizer, collective);
    }
  }
}
