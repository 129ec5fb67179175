package dev.counterpoint.core.schedule;

import dev.counterpoint.core.settings.Checks;

/**
 * Step decay: the learning rate is multiplied by {@code gamma} after every {@code size} updates, as
 * in {@code torch.optim.lr_scheduler.StepLR}.
 *
 * @param size number of updates between two decays
 * @param gamma factor of each decay, over 0
 */
public record Step(int size, double gamma) implements Schedule {
  public Step {
    new Checks().positive("size", size).positive("gamma", gamma).verify();
  }

  @Override
  public double learningRate(double base, long step, long totalSteps) {
    long decays = (step - 1) / size;
    return base * Math.pow(gamma, (double) decays);
  }
}
