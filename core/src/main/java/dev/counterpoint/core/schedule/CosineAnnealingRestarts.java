package dev.counterpoint.core.schedule;

import dev.counterpoint.core.settings.Checks;

/**
 * Cosine annealing with warm restarts (Loshchilov and Hutter 2017): {@code
 * torch.optim.lr_scheduler.CosineAnnealingWarmRestarts}.
 *
 * @param period updates in the first cycle
 * @param multiplier factor by which each cycle is longer than the previous one
 * @param minimum minimum learning rate
 */
public record CosineAnnealingRestarts(int period, int multiplier, double minimum)
    implements Schedule {
  public CosineAnnealingRestarts {
    new Checks()
        .positive("period", period)
        .atLeast("multiplier", multiplier, 1)
        .notNegative("minimum", minimum)
        .verify();
  }

  @Override
  public double learningRate(double base, long step, long totalSteps) {
    long completed = step - 1;
    long length = period;
    if (multiplier == 1) {
      completed %= length;
    }
    while (completed >= length) {
      completed -= length;
      length *= multiplier;
    }
    double angle = Math.PI * completed / length;
    return minimum + (base - minimum) * (1 + Math.cos(angle)) / 2;
  }
}
