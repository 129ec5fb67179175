package dev.counterpoint.strategies.standard;

import dev.counterpoint.core.distributed.Collective;
import dev.counterpoint.core.training.StrategyConfig;
import dev.counterpoint.core.training.TrainingStrategy;

/** Training in a single process: every hook is the identity. */
public final class StandardTrainingStrategy implements TrainingStrategy {
  /** The strategy has no settings. */
  public record Config() implements StrategyConfig {
    @Override
    public TrainingStrategy build(Collective collective) {
      return new StandardTrainingStrategy();
    }
  }
}
