package dev.counterpoint.core.schedule;

import dev.counterpoint.core.settings.Checks;

/**
 * Polynomial decay, optionally with warmup: {@code get_polynomial_decay_schedule_with_warmup} of
 * Hugging Face, which it equals for the optimizer's learning rate. A parameter group with another
 * learning rate also decays to {@code end} here; in Hugging Face it decays to {@code end} scaled by
 * the ratio of the group's learning rate to the optimizer's. A learning rate below {@code end}
 * stays constant, so that nothing rises; Hugging Face rejects such a learning rate of the
 * optimizer.
 *
 * @param warmup fraction of all updates, 0 to 1, over which the learning rate rises from 0
 * @param power exponent; 1 for linear decay
 * @param end learning rate at the end
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
  public double learningRate(double base, long step, long totalSteps) {
    double minimum = Math.min(end, base);
    return Warmup.at(step, warmup, totalSteps)
        .learningRate(base, progress -> (base - minimum) * Math.pow(1 - progress, power) + minimum);
  }
}
