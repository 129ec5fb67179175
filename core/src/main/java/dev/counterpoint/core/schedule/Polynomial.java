package dev.counterpoint.core.schedule;

import dev.counterpoint.core.settings.Checks;

/**
 * The rate falls as a power of what remains: {@code get_polynomial_decay_schedule_with_warmup} of
 * Hugging Face, where the rate is the optimizer's own. A parameter group of another rate ends at
 * the same {@code end} here, and with Hugging Face at a part of it, as its rate is of the
 * optimizer's. A rate that is below {@code end} stays, so that nothing rises; Hugging Face refuses
 * such a rate of the optimizer.
 *
 * @param warmup the part of all updates, 0 to 1, over which the rate rises from 0
 * @param power 1 falls straight
 * @param end the rate at the end
 */
public record Polynomial(double warmup, double power, double end) implements Schedule {
  public Polynomial {
    new Checks()
        .within("warmup", warmup, 0, 1)
        .positive("power", power)
        .notNegative("end", end)
        .verify();
  }

  public static Polynomial defaults() {
    return new Polynomial(0, 1, 1e-7);
  }

  @Override
  public double rate(double learningRate, long step, long totalSteps) {
    Warmup rise = Warmup.of(warmup, totalSteps);
    long past = step - 1;
    if (rise.covers(past)) {
      return learningRate * rise.factor(past);
    }
    double remaining = 1 - rise.progress(past, totalSteps);
    double least = Math.min(end, learningRate);
    return (learningRate - least) * Math.pow(remaining, power) + least;
  }
}
