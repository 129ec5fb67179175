package dev.counterpoint.core.optimizer;

import dev.counterpoint.core.kernel.Kernel;
import java.util.List;

/**
 * Dozat 2016, Adam with Nesterov's momentum: {@code torch.optim.NAdam}.
 *
 * @param beta1 decay of the average of gradients
 * @param beta2 decay of the average of squared gradients
 * @param epsilon added to the root of the corrected average of squares
 * @param momentumDecay how fast the momentum grows towards beta1
 * @param decoupledWeightDecay shrinks the parameter as {@link AdamW} does, instead of adding to the
 *     gradient
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

  /** The defaults of {@code torch.optim.NAdam}, but for a rate of 1e-3 (there 2e-3). */
  public static NAdam defaults() {
    return new NAdam(1e-3, 0.9, 0.999, 1e-8, 0, 4e-3, false);
  }

  @Override
  public List<Slot> slots() {
    return List.of(
        Slot.step(),
        new Slot("mu_product", true, 1),
        Slot.array("exp_avg"),
        Slot.array("exp_avg_sq"));
  }

  @Override
  public void update(Update update) {
    Kernel.load("nadam")
        .run(
            "update",
            update.parameters(),
            update.gradients(),
            update.slot("exp_avg"),
            update.slot("exp_avg_sq"),
            update.slot("mu_product"),
            update.slot("step"),
            update.learningRate(),
            beta1,
            beta2,
            epsilon,
            update.weightDecay(),
            decoupledWeightDecay,
            momentumDecay);
  }
}
