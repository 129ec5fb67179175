package dev.counterpoint.core.schedule;

import dev.counterpoint.core.settings.Checks;
import org.jspecify.annotations.Nullable;

/**
 * The rate falls with the inverse root of the updates, as in Vaswani et al. 2017, section 5.3:
 * {@code get_inverse_sqrt_schedule} of Hugging Face.
 *
 * @param warmup the part of all updates, 0 to 1, over which the rate rises from 0
 * @param timescale updates after which the rate is 1 / sqrt(2) of itself; where absent, as many as
 *     the warm-up has, or 10,000 without one
 */
public record InverseSqrt(double warmup, @Nullable Integer timescale) implements Schedule {
  public InverseSqrt {
    Checks checks = new Checks().within("warmup", warmup, 0, 1);
    if (timescale != null) {
      checks.positive("timescale", timescale);
    }
    checks.verify();
  }

  public static InverseSqrt defaults() {
    return new InverseSqrt(0, null);
  }

  @Override
  public double rate(double learningRate, long step, long totalSteps) {
    Warmup rise = Warmup.of(warmup, totalSteps);
    long past = step - 1;
    if (rise.covers(past)) {
      return learningRate * rise.factor(past);
    }
    long scale = timescale(rise.steps());
    return learningRate / Math.sqrt((double) (past - rise.steps() + scale) / scale);
  }

  private long timescale(long warmupSteps) {
    if (timescale != null) {
      return timescale;
    }
    return warmupSteps > 0 ? warmupSteps : 10_000;
  }
}
