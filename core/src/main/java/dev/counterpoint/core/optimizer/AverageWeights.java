package dev.counterpoint.core.optimizer;

import dev.counterpoint.core.settings.Checks;

/**
 * The settings of an exponential moving average of the weights: {@code training.averageWeights} in
 * a run file.
 *
 * @param decay how much of the average each step keeps, from 0 to 1, exclusive; it reaches back
 *     about 1 / (1 - decay) steps. With local steps ({@code strategy.syncEvery}) an update is made
 *     only when the processes have identical weights
 */
public record AverageWeights(double decay) {
  public AverageWeights {
    new Checks().below("decay", decay, 0, 1).verify();
  }

  /** The default: averages about the last thousand steps. */
  public static AverageWeights defaults() {
    return new AverageWeights(0.999);
  }
}
