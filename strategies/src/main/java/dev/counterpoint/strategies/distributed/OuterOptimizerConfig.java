package dev.counterpoint.strategies.distributed;

import dev.counterpoint.core.settings.Checks;

/**
 * Settings of the outer optimizer of DiLoCo: SGD with Nesterov momentum on the mean change of the
 * weights over the processes (Douillard et al. 2023, arXiv 2311.08105, algorithm 1).
 *
 * @param learningRate learning rate of the outer optimizer; 1 with momentum 0 sets the weights to
 *     their mean
 * @param momentum Nesterov momentum, from 0 to 1, exclusive
 */
public record OuterOptimizerConfig(double learningRate, double momentum) {
  public OuterOptimizerConfig {
    new Checks().positive("learningRate", learningRate).below("momentum", momentum, 0, 1).verify();
  }

  /** The values of the paper: learning rate 0.7, momentum 0.9. */
  public static OuterOptimizerConfig defaults() {
    return new OuterOptimizerConfig(0.7, 0.9);
  }

  /** Sets the weights to their mean over the processes. */
  static OuterOptimizerConfig mean() {
    return new OuterOptimizerConfig(1, 0);
  }
}
