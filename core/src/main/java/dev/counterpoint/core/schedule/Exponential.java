package dev.counterpoint.core.schedule;

import dev.counterpoint.core.settings.Checks;

/**
 * Exponential decay: the learning rate is multiplied by {@code gamma} after every update, as in
 * {@code torch.optim.lr_scheduler.ExponentialLR}.
 *
 * @param gamma factor of each update, over 0
 */
public record Exponential(double gamma) implements Schedule {
  public Exponential {
    new Checks().positive("gamma", gamma).verify();
  }

  @Override
  public double learningRate(double base, long step, long totalSteps) {
    return base * Math.pow(gamma, (double) step - 1);
  }
}
