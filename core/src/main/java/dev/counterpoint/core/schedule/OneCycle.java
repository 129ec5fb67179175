package dev.counterpoint.core.schedule;

import dev.counterpoint.core.settings.Checks;

/**
 * One-cycle schedule over the whole run (Smith and Topin 2018): {@code
 * torch.optim.lr_scheduler.OneCycleLR}. The learning rate rises to the optimizer's learning rate,
 * which is {@code max_lr} in PyTorch, then falls far below its initial value. Unlike in PyTorch,
 * momentum is not changed.
 *
 * @param rise fraction of all updates, at least 0 and less than 1, over which the learning rate
 *     rises: {@code pct_start}
 * @param shape shape of the rise and the fall, {@code cosine} or {@code linear}: {@code
 *     anneal_strategy}
 * @param divisor the initial learning rate is the maximum divided by this: {@code div_factor}
 * @param finalDivisor the final learning rate is the initial one divided by this: {@code
 *     final_div_factor}
 * @param threePhase whether to fall to the initial learning rate as fast as it rose, and then to
 *     the final one: {@code three_phase}
 */
public record OneCycle(
    double rise, Shape shape, double divisor, double finalDivisor, boolean threePhase)
    implements Schedule {
  /** Interpolation between two learning rates. */
  public enum Shape {
    COSINE,
    LINEAR
  }

  public OneCycle {
    new Checks()
        .below("rise", rise, 0, 1)
        .positive("divisor", divisor)
        .positive("finalDivisor", finalDivisor)
        .that(!threePhase || rise <= 0.5, "rise", rise, "must be at most 0.5 with three phases")
        .verify();
  }

  public static OneCycle defaults() {
    return new OneCycle(0.3, Shape.COSINE, 25, 1e4, false);
  }

  @Override
  public double learningRate(double base, long step, long totalSteps) {
    double initialRate = base / divisor;
    double finalRate = initialRate / finalDivisor;
    double lastUpdate = (double) totalSteps - 1;
    double completed = Math.min(step - 1.0, lastUpdate);
    double peakUpdate = rise * totalSteps - 1;
    if (completed < peakUpdate) {
      return interpolate(initialRate, base, completed / peakUpdate);
    }
    double annealUpdate = 2 * peakUpdate;
    if (!threePhase) {
      return interpolate(base, finalRate, (completed - peakUpdate) / (lastUpdate - peakUpdate));
    } else if (completed < annealUpdate) {
      return interpolate(base, initialRate, (completed - peakUpdate) / (annealUpdate - peakUpdate));
    }
    return interpolate(
        initialRate, finalRate, (completed - annealUpdate) / (lastUpdate - annealUpdate));
  }

  private double interpolate(double start, double target, double progress) {
    return shape == Shape.LINEAR
        ? start + (target - start) * progress
        : target + (start - target) / 2 * (1 + Math.cos(Math.PI * progress));
  }
}
