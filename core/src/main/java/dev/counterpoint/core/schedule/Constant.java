package dev.counterpoint.core.schedule;

import dev.counterpoint.core.settings.Checks;

/**
 * The rate stays: {@code get_constant_schedule_with_warmup} of Hugging Face.
 *
 * @param warmup the part of all updates, 0 to 1, over which the rate rises from 0
 */
public record Constant(double warmup) implements Schedule {
  public Constant {
    new Checks().within("warmup", warmup, 0, 1).verify();
  }

  public static Constant defaults() {
    return new Constant(0);
  }

  @Override
  public double rate(double learningRate, long step, long totalSteps) {
    Warmup rise = Warmup.of(warmup, totalSteps);
    long past = step - 1;
    return rise.covers(past) ? learningRate * rise.factor(past) : learningRate;
  }
}
