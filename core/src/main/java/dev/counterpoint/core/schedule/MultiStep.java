package dev.counterpoint.core.schedule;

import dev.counterpoint.core.settings.Checks;
import java.util.List;

/**
 * Multi-step decay: the learning rate is multiplied by {@code gamma} at each milestone, as in
 * {@code torch.optim.lr_scheduler.MultiStepLR}.
 *
 * @param milestones numbers of completed updates after which the learning rate changes
 * @param gamma factor of each change, over 0
 */
public record MultiStep(List<Integer> milestones, double gamma) implements Schedule {
  public MultiStep {
    new Checks()
        .that(
            !milestones.isEmpty() && milestones.stream().allMatch(it -> it > 0),
            "milestones",
            milestones,
            "must contain at least one number, and only numbers greater than 0")
        .positive("gamma", gamma)
        .verify();
    milestones = List.copyOf(milestones);
  }

  @Override
  public double learningRate(double base, long step, long totalSteps) {
    long reached = milestones.stream().filter(it -> it < step).count();
    return base * Math.pow(gamma, (double) reached);
  }
}
