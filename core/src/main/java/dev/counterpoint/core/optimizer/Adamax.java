package dev.counterpoint.core.optimizer;

import java.util.List;

/**
 * Adamax, Adam with the infinity norm (Kingma and Ba 2015, section 7.1): {@code
 * torch.optim.Adamax}.
 *
 * @param beta1 decay of the running average of gradients
 * @param beta2 decay of the running maximum of absolute gradients
 * @param epsilon added to each absolute gradient
 */
public record Adamax(
    double learningRate, double beta1, double beta2, double epsilon, double weightDecay)
    implements OptimizerConfig {
  public Adamax {
    Adam.checks(learningRate, beta1, beta2, epsilon, weightDecay).verify();
  }

  /**
   * The defaults of {@code torch.optim.Adamax}, except for a learning rate of 1e-3 instead of 2e-3.
   */
  public static Adamax defaults() {
    return new Adamax(1e-3, 0.9, 0.999, 1e-8, 0);
  }

  @Override
  public List<Slot> slots() {
    return List.of(Slot.array("exp_avg"), Slot.array("exp_inf"), Slot.step());
  }

  @Override
  public void update(Update update) {
    update.run("adamax", beta1, beta2, epsilon, update.weightDecay());
  }
}
