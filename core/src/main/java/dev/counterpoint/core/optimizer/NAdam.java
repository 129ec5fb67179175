package dev.counterpoint.core.optimizer;

import java.util.List;

/**
 * NAdam, Adam with Nesterov momentum (Dozat 2016): {@code torch.optim.NAdam}.
 *
 * @param beta1 decay of the running average of gradients
 * @param beta2 decay of the running average of squared gradients
 * @param epsilon added to the square root of the bias-corrected average of squared gradients
 * @param momentumDecay decay of the momentum schedule; the momentum rises towards beta1
 * @param decoupledWeightDecay whether weight decay shrinks the parameter, as in {@link AdamW},
 *     instead of adding to the gradient
 */
public record NAdam(
    double learningRate,
    double beta1,
    double beta2,
    double epsilon,
    double weightDecay,
    double momentumDecay,
    boolean decoupledWeightDecay)
    implements OptimizerConfig {
  public NAdam {
    Adam.checks(learningRate, beta1, beta2, epsilon, weightDecay)
        .notNegative("momentumDecay", momentumDecay)
        .verify();
  }

  /**
   * The defaults of {@code torch.optim.NAdam}, except for a learning rate of 1e-3 instead of 2e-3.
   */
  public static NAdam defaults() {
    return new NAdam(1e-3, 0.9, 0.999, 1e-8, 0, 4e-3, false);
  }

  @Override
  public List<Slot> slots() {
    return List.of(
        Slot.array("exp_avg"),
        Slot.array("exp_avg_sq"),
        new Slot("mu_product", true, 1),
        Slot.step());
  }

  @Override
  public void update(Update update) {
    update.run(
        "nadam", beta1, beta2, epsilon, update.weightDecay(), decoupledWeightDecay, momentumDecay);
  }
}
