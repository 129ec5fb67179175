package dev.counterpoint.core.schedule;

import dev.counterpoint.core.settings.Checks;

/**
 * The rate rises to its top and falls far below where it began, Smith and Topin 2018: {@code
 * torch.optim.lr_scheduler.OneCycleLR} over the whole run. The optimizer's rate is the top, {@code
 * max_lr} there. Momentum is left alone.
 *
 * @param rise the part of all updates, at least 0 and less than 1, over which the rate rises:
 *     {@code pct_start}
 * @param shape of rise and fall: {@code cosine} or {@code linear}
 * @param divisor the first rate is the top divided by this
 * @param finalDivisor the last rate is the first divided by this
 * @param threePhase falls back to the first rate as fast as it rose, then on to the last
 */
public record OneCycle(
    double rise, Shape shape, double divisor, double finalDivisor, boolean threePhase)
    implements Schedule {
  /** How the rate goes from one value to another. */
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
  public double rate(double learningRate, long step, long totalSteps) {
    double first = learningRate / divisor;
    double last = first / finalDivisor;
    double end = (double) totalSteps - 1;
    double past = Math.min(step - 1.0, end);
    double top = rise * totalSteps - 1;
    if (past < top) {
      return between(first, learningRate, past / top);
    }
    double back = 2 * top;
    if (!threePhase) {
      return between(learningRate, last, (past - top) / (end - top));
    } else if (past < back) {
      return between(learningRate, first, (past - top) / (back - top));
    }
    return between(first, last, (past - back) / (end - back));
  }

  private double between(double from, double to, double progress) {
    return shape == Shape.LINEAR
        ? from + (to - from) * progress
        : to + (from - to) / 2 * (1 + Math.cos(Math.PI * progress));
  }
}
