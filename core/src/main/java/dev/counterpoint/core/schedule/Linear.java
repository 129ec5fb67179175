package dev.counterpoint.core.schedule;

import dev.counterpoint.core.settings.Checks;

/**
 * Linear decay to 0, optionally with warmup: {@code get_linear_schedule_with_warmup} of Hugging
 * Face.
 *
 * @param warmup fraction of all updates, 0 to 1, over which the learning rate rises from 0
 */
public record Linear(double warmup) implements Schedule {
  public Linear {
    new Checks().within("warmup", warmup, 0, 1).verify();
  }

  public static Linear defaults() {
    return new Linear(0);
  }

  @Override
  public double learningRate(double base, long step, long totalSteps) {
    return Warmup.at(step, warmup, totalSteps)
        .learningRate(base, progress -> base * (1 - progress));
  }
}
