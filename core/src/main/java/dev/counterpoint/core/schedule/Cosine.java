package dev.counterpoint.core.schedule;

import dev.counterpoint.core.settings.Checks;

/**
 * The rate falls along a cosine: {@code get_cosine_schedule_with_warmup} of Hugging Face.
 *
 * @param warmup the part of all updates, 0 to 1, over which the rate rises from 0
 * @param cycles waves of the cosine; one half falls to 0 once
 */
public record Cosine(double warmup, double cycles) implements Schedule {
  public Cosine {
    new Checks().within("warmup", warmup, 0, 1).positive("cycles", cycles).verify();
  }

  public static Cosine defaults() {
    return new Cosine(0, 0.5);
  }

  @Override
  public double rate(double learningRate, long step, long totalSteps) {
    Warmup rise = Warmup.of(warmup, totalSteps);
    long past = step - 1;
    if (rise.covers(past)) {
      return learningRate * rise.factor(past);
    }
    double angle = 2 * Math.PI * cycles * rise.progress(past, totalSteps);
    return learningRate * (1 + Math.cos(angle)) / 2;
  }
}
