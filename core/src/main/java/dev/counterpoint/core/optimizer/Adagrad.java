package dev.counterpoint.core.optimizer;

import dev.counterpoint.core.settings.Checks;
import java.util.List;

/**
 * Adagrad (Duchi, Hazan and Singer 2011): {@code torch.optim.Adagrad}.
 *
 * @param learningRateDecay the learning rate of step t is learningRate / (1 + (t - 1) *
 *     learningRateDecay)
 * @param initialAccumulator initial value of the sum of squared gradients
 * @param epsilon added to the square root of the sum
 */
public record Adagrad(
    double learningRate,
    double learningRateDecay,
    double weightDecay,
    double initialAccumulator,
    double epsilon)
    implements OptimizerConfig {
  public Adagrad {
    new Checks()
        .positive("learningRate", learningRate)
        .notNegative("learningRateDecay", learningRateDecay)
        .notNegative("weightDecay", weightDecay)
        .notNegative("initialAccumulator", initialAccumulator)
        .notNegative("epsilon", epsilon)
        .verify();
  }

  /** The defaults of {@code torch.optim.Adagrad}. */
  public static Adagrad defaults() {
    return new Adagrad(1e-2, 0, 0, 0, 1e-10);
  }

  @Override
  public List<Slot> slots() {
    return List.of(new Slot("sum", false, initialAccumulator), Slot.step());
  }

  @Override
  public void update(Update update) {
    update.run("adagrad", learningRateDecay, epsilon, update.weightDecay());
  }
}
