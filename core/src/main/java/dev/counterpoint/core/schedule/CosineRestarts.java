package dev.counterpoint.core.schedule;

import dev.counterpoint.core.settings.Checks;

/**
 * Cosine decay with hard restarts, optionally with warmup: {@code
 * get_cosine_with_hard_restarts_schedule_with_warmup} of Hugging Face.
 *
 * @param warmup fraction of all updates, 0 to 1, over which the learning rate rises from 0
 * @param cycles number of cycles, all of equal length
 */
public record CosineRestarts(double warmup, int cycles) implements Schedule {
  public CosineRestarts {
    new Checks().within("warmup", warmup, 0, 1).atLeast("cycles", cycles, 1).verify();
  }

  public static CosineRestarts defaults() {
    return new CosineRestarts(0, 1);
  }

  @Override
  public double learningRate(double base, long step, long totalSteps) {
    return Warmup.at(step, warmup, totalSteps)
        .learningRate(
            base,
            progress -> {
              double withinCycle = progress >= 1 ? 1 : cycles * progress % 1;
              return base * (1 + Math.cos(Math.PI * withinCycle)) / 2;
            });
  }
}
