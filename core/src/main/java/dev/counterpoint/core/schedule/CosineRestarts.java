package dev.counterpoint.core.schedule;

import dev.counterpoint.core.settings.Checks;

/**
 * The rate falls along half a cosine several times, each from the top: {@code
 * get_cosine_with_hard_restarts_schedule_with_warmup} of Hugging Face.
 *
 * @param warmup the part of all updates, 0 to 1, over which the rate rises from 0
 * @param cycles falls, all equally long
 */
public record CosineRestarts(double warmup, int cycles) implements Schedule {
  public CosineRestarts {
    new Checks()
        .within("warmup", warmup, 0, 1)
        .that(cycles >= 1, "cycles", cycles, "must be 1 or greater")
        .verify();
  }

  public static CosineRestarts defaults() {
    return new CosineRestarts(0, 1);
  }

  @Override
  public double rate(double learningRate, long step, long totalSteps) {
    Warmup rise = Warmup.of(warmup, totalSteps);
    long past = step - 1;
    if (rise.covers(past)) {
      return learningRate * rise.factor(past);
    }
    double progress = rise.progress(past, totalSteps);
    double withinCycle = progress >= 1 ? 1 : cycles * progress % 1;
    return learningRate * (1 + Math.cos(Math.PI * withinCycle)) / 2;
  }
}
