package dev.counterpoint.core.schedule;

import dev.counterpoint.core.settings.Checks;
import org.jspecify.annotations.Nullable;

/**
 * Inverse square-root decay (Vaswani et al. 2017, section 5.3), optionally with warmup: {@code
 * get_inverse_sqrt_schedule} of Hugging Face.
 *
 * @param warmup fraction of all updates, 0 to 1, over which the learning rate rises from 0
 * @param timescale updates after which the learning rate has decreased by a factor of sqrt(2); if
 *     absent, the number of warmup updates, or 10,000 without warmup
 */
public record InverseSqrt(double warmup, @Nullable Integer timescale) implements Schedule {
  public InverseSqrt {
    new Checks().within("warmup", warmup, 0, 1).positive("timescale", timescale).verify();
  }

  public static InverseSqrt defaults() {
    return new InverseSqrt(0, null);
  }

  @Override
  public double learningRate(double base, long step, long totalSteps) {
    Warmup phase = Warmup.at(step, warmup, totalSteps);
    long scale = timescale(phase.steps());
    double elapsed = (double) (phase.completed() - phase.steps() + scale);
    return phase.learningRate(base, progress -> base / Math.sqrt(elapsed / scale));
  }

  private long timescale(long warmupSteps) {
    if (timescale != null) {
      return timescale;
    }
    return warmupSteps > 0 ? warmupSteps : 10_000;
  }
}
