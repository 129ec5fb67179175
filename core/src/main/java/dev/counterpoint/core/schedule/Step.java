package dev.counterpoint.core.schedule;

import dev.counterpoint.core.settings.Checks;

/**
 * The rate is multiplied by {@code gamma} every {@code size} updates: {@code
 * torch.optim.lr_scheduler.StepLR}.
 */
public record Step(int size, double gamma) implements Schedule {
  public Step {
    new Checks().positive("size", size).positive("gamma", gamma).verify();
  }

  @Override
  public double rate(double learningRate, long step, long totalSteps) {
    long falls = (step - 1) / size;
    return learningRate * Math.pow(gamma, (double) falls);
  }
}
