package dev.counterpoint.strategies.distributed;

import dev.counterpoint.core.settings.Checks;

/**
 * The step that is taken with the mean change of all processes after each {@code syncEvery} local
 * steps: Nesterov's, as in DiLoCo (Douillard et al. 2023, arXiv 2311.08105, algorithm 1).
 *
 * @param learningRate 1 with momentum 0 takes the mean of the processes' parameters
 * @param momentum from 0 to 1, exclusive
 */
public record OuterSettings(double learningRate, double momentum) {
  public OuterSettings {
    new Checks().positive("learningRate", learningRate).below("momentum", momentum, 0, 1).verify();
  }

  /** The paper's: 0.7 and 0.9. */
  public static OuterSettings defaults() {
    return new OuterSettings(0.7, 0.9);
  }
}
