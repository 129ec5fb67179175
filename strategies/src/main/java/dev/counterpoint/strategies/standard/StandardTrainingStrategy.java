package dev.counterpoint.strategies.standard;

import dev.counterpoint.core.training.Collective;
import dev.counterpoint.core.training.Share;
import dev.counterpoint.core.training.StrategyConfig;
import dev.counterpoint.core.training.TrainingLoop;
import dev.counterpoint.core.training.TrainingStrategy;

/** One process takes the whole of every batch, and has nobody to add up with. */
public final class StandardTrainingStrategy implements TrainingStrategy {
  private final Collective collective = Collective.alone();

  @Override
  public void trainEpoch(TrainingLoop loop) {
    loop.trainEpoch(Share.whole(), collective);
  }

  @Override
  public Collective collective() {
    return collective;
  }

  /** It has no settings. */
  public record Config() implements StrategyConfig {
    public static Config defaults() {
      return new Config();
    }

    @Override
    public TrainingStrategy build(Collective collective) {
      return new StandardTrainingStrategy();
    }
  }
}
