package dev.counterpoint.core.schedule;

import dev.counterpoint.core.settings.Checks;
import org.jspecify.annotations.Nullable;

/**
 * Cosine annealing without restarts (Loshchilov and Hutter 2017): {@code
 * torch.optim.lr_scheduler.CosineAnnealingLR}.
 *
 * @param period updates from the maximum to the minimum learning rate; the whole run if absent
 * @param minimum minimum learning rate
 */
public record CosineAnnealing(@Nullable Integer period, double minimum) implements Schedule {
  public CosineAnnealing {
    new Checks().notNegative("minimum", minimum).positive("period", period).verify();
  }

  public static CosineAnnealing defaults() {
    return new CosineAnnealing(null, 0);
  }

  @Override
  public double learningRate(double base, long step, long totalSteps) {
    double angle = Math.PI * (step - 1) / (period == null ? totalSteps : period);
    return minimum + (base - minimum) * (1 + Math.cos(angle)) / 2;
  }
}
