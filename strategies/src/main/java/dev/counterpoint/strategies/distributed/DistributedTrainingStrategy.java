package dev.counterpoint.strategies.distributed;

import dev.counterpoint.core.settings.Checks;
import dev.counterpoint.core.training.Collective;
import dev.counterpoint.core.training.Rounds;
import dev.counterpoint.core.training.Share;
import dev.counterpoint.core.training.StrategyConfig;
import dev.counterpoint.core.training.TrainingLoop;
import dev.counterpoint.core.training.TrainingStrategy;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Each process takes its share of every batch. With {@code syncEvery} 1 all make the step of the
 * whole batch; with more each makes its own steps, and all an outer one with their mean change. One
 * process with {@code syncEvery} 1 and no other {@code outer} than the plain one is the standard
 * strategy.
 */
public final class DistributedTrainingStrategy implements TrainingStrategy {
  private final Config config;
  private final Collective collective;

  /**
   * The strategy of one process.
   *
   * @param collective how it speaks to the others; closed with the strategy
   */
  public DistributedTrainingStrategy(Config config, Collective collective) {
    this.config = config;
    this.collective = collective;
  }

  @Override
  public void trainEpoch(TrainingLoop loop) {
    loop.trainEpoch(Share.of(collective.rank(), collective.world()), collective);
  }

  @Override
  public Collective collective() {
    return collective;
  }

  @Override
  public Rounds rounds() {
    return config.rounds();
  }

  @Override
  public void close() {
    collective.close();
  }

  /**
   * Its settings.
   *
   * @param workers processes; each has its share of {@code batchSize}
   * @param maxRestarts how often the job begins again from its newest checkpoint when a process
   *     dies
   * @param deadlineSeconds how long a process waits for another before the job is given up; longer
   *     than anything that one does while the others wait
   * @param syncEvery local steps between two exchanges; at 1 the gradients of every step are
   *     exchanged
   * @param outer the step with the mean change; absent: the mean itself at {@code syncEvery} 1, the
   *     defaults of {@link OuterSettings} over it
   */
  public record Config(
      int workers,
      int maxRestarts,
      int deadlineSeconds,
      int syncEvery,
      @Nullable OuterSettings outer)
      implements StrategyConfig {
    public Config {
      new Checks()
          .positive("workers", workers)
          .notNegative("maxRestarts", maxRestarts)
          .positive("deadlineSeconds", deadlineSeconds)
          .positive("syncEvery", syncEvery)
          .verify();
    }

    /** Two processes, three restarts, a minute of waiting, an exchange each step. */
    public static Config defaults() {
      return new Config(2, 3, 60, 1, null);
    }

    /** How long a process waits for another. */
    public Duration deadline() {
      return Duration.ofSeconds(deadlineSeconds);
    }

    private Rounds rounds() {
      if (outer != null) {
        return new Rounds(syncEvery, outer.learningRate(), outer.momentum());
      }
      OuterSettings step = OuterSettings.defaults();
      return syncEvery == 1
          ? Rounds.ofOneStep()
          : new Rounds(syncEvery, step.learningRate(), step.momentum());
    }

    @Override
    public TrainingStrategy build(Collective collective) {
      return new DistributedTrainingStrategy(this, collective);
    }
  }
}
