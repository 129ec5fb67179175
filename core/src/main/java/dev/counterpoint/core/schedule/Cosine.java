package dev.counterpoint.core.schedule;

import dev.counterpoint.core.settings.Checks;

/**
 * Cosine decay to 0, optionally with warmup: {@code get_cosine_schedule_with_warmup} of Hugging
 * Face.
 *
 * @param warmup fraction of all updates, 0 to 1, over which the learning rate rises from 0
 * @param cycles number of cosine periods; 0.5 decays to 0 once
 */
public record Cosine(double warmup, double cycles) implements Schedule {
  public Cosine {
    new Checks().within("warmup", warmup, 0, 1).positive("cycles", cycles).verify();
  }

  public static Cosine defaults() {
    return new Cosine(0, 0.5);
  }

  @Override
  public double learningRate(double base, long step, long totalSteps) {
    return Warmup.at(step, warmup, totalSteps)
        .learningRate(base, progress -> base * (1 + Math.cos(2 * Math.PI * cycles * progress)) / 2);
  }
}
