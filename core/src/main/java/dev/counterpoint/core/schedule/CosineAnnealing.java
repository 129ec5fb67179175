package dev.counterpoint.core.schedule;

import dev.counterpoint.core.settings.Checks;
import org.jspecify.annotations.Nullable;

/**
 * The rate swings along a cosine, as in Loshchilov and Hutter 2017 without restarts: {@code
 * torch.optim.lr_scheduler.CosineAnnealingLR}.
 *
 * @param period updates from the top to the bottom; the whole run where absent
 * @param minimum the rate at the bottom
 */
public record CosineAnnealing(@Nullable Integer period, double minimum) implements Schedule {
  public CosineAnnealing {
    Checks checks = new Checks().notNegative("minimum", minimum);
    if (period != null) {
      checks.positive("period", period);
    }
    checks.verify();
  }

  public static CosineAnnealing defaults() {
    return new CosineAnnealing(null, 0);
  }

  @Override
  public double rate(double learningRate, long step, long totalSteps) {
    double angle = Math.PI * (step - 1) / (period == null ? totalSteps : period);
    return minimum + (learningRate - minimum) * (1 + Math.cos(angle)) / 2;
  }
}
