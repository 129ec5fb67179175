package dev.counterpoint.core.schedule;

import dev.counterpoint.core.settings.Checks;
import java.util.List;

/**
 * The rate is multiplied by {@code gamma} after each of certain numbers of updates: {@code
 * torch.optim.lr_scheduler.MultiStepLR}.
 *
 * @param milestones counts of updates done
 */
public record MultiStep(List<Integer> milestones, double gamma) implements Schedule {
  public MultiStep {
    new Checks()
        .that(
            !milestones.isEmpty() && milestones.stream().allMatch(it -> it > 0),
            "milestones",
            milestones,
            "must be numbers greater than 0, one at least")
        .positive("gamma", gamma)
        .verify();
    milestones = List.copyOf(milestones);
  }

  @Override
  public double rate(double learningRate, long step, long totalSteps) {
    long reached = milestones.stream().filter(it -> it < step).count();
    return learningRate * Math.pow(gamma, (double) reached);
  }
}
