package dev.counterpoint.core.schedule;

import dev.counterpoint.core.settings.Checks;

/**
 * The rate is multiplied by {@code gamma} after every update: {@code
 * torch.optim.lr_scheduler.ExponentialLR}.
 */
public record Exponential(double gamma) implements Schedule {
  public Exponential {
    new Checks().positive("gamma", gamma).verify();
  }

  @Override
  public double rate(double learningRate, long step, long totalSteps) {
    return learningRate * Math.pow(gamma, (double) step - 1);
  }
}
