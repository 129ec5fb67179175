package dev.counterpoint.core.schedule;

import dev.counterpoint.core.settings.Checks;

/**
 * Constant learning rate, optionally with warmup: {@code get_constant_schedule_with_warmup} of
 * Hugging Face.
 *
 * @param warmup fraction of all updates, 0 to 1, over which the learning rate rises from 0
 */
public record Constant(double warmup) implements Schedule {
  public Constant {
    new Checks().within("warmup", warmup, 0, 1).verify();
  }

  public static Constant defaults() {
    return new Constant(0);
  }

  @Override
  public double learningRate(double base, long step, long totalSteps) {
    return Warmup.at(step, warmup, totalSteps).learningRate(base, progress -> base);
  }
}
