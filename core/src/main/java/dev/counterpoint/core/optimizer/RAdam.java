package dev.counterpoint.core.optimizer;

import java.util.List;

/**
 * RAdam, Adam whose first steps are rectified instead of warmed up (Liu et al. 2020): {@code
 * torch.optim.RAdam}.
 *
 * @param beta1 decay of the running average of gradients
 * @param beta2 decay of the running average of squared gradients
 * @param epsilon added to the square root of the average of squared gradients
 * @param decoupledWeightDecay whether weight decay shrinks the parameter, as in {@link AdamW},
 *     instead of adding to the gradient
 */
public record RAdam(
    double learningRate,
    double beta1,
    double beta2,
    double epsilon,
    double weightDecay,
    boolean decoupledWeightDecay)
    implements OptimizerConfig {
  public RAdam {
    Adam.checks(learningRate, beta1, beta2, epsilon, weightDecay).verify();
  }

  /** The defaults of {@code torch.optim.RAdam}. */
  public static RAdam defaults() {
    return new RAdam(1e-3, 0.9, 0.999, 1e-8, 0, false);
  }

  @Override
  public List<Slot> slots() {
    return List.of(Slot.array("exp_avg"), Slot.array("exp_avg_sq"), Slot.step());
  }

  @Override
  public void update(Update update) {
    update.run("radam", beta1, beta2, epsilon, update.weightDecay(), decoupledWeightDecay);
  }
}
