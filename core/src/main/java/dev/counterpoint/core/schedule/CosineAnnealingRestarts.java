package dev.counterpoint.core.schedule;

import dev.counterpoint.core.settings.Checks;

/**
 * The rate falls along half a cosine and starts from the top again, Loshchilov and Hutter 2017:
 * {@code torch.optim.lr_scheduler.CosineAnnealingWarmRestarts}.
 *
 * @param period updates of the first fall
 * @param multiplier how many times longer each fall is than the one before
 * @param minimum the rate at the bottom
 */
public record CosineAnnealingRestarts(int period, int multiplier, double minimum)
    implements Schedule {
  public CosineAnnealingRestarts {
    new Checks()
        .positive("period", period)
        .that(multiplier >= 1, "multiplier", multiplier, "must be 1 or greater")
        .notNegative("minimum", minimum)
        .verify();
  }

  @Override
  public double rate(double learningRate, long step, long totalSteps) {
    long past = step - 1;
    long length = period;
    if (multiplier == 1) {
      past %= length;
    }
    while (past >= length) {
      past -= length;
      length *= multiplier;
    }
    double angle = Math.PI * past / length;
    return minimum + (learningRate - minimum) * (1 + Math.cos(angle)) / 2;
  }
}
