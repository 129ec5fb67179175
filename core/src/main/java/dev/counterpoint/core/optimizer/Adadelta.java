package dev.counterpoint.core.optimizer;

import dev.counterpoint.core.settings.Checks;
import java.util.List;

/**
 * Adadelta (Zeiler 2012): {@code torch.optim.Adadelta}.
 *
 * @param rho decay of the running averages of squared gradients and of squared updates
 * @param epsilon added to both averages before the square root
 */
public record Adadelta(double learningRate, double rho, double epsilon, double weightDecay)
    implements OptimizerConfig {
  public Adadelta {
    new Checks()
        .positive("learningRate", learningRate)
        .within("rho", rho, 0, 1)
        .notNegative("epsilon", epsilon)
        .notNegative("weightDecay", weightDecay)
        .verify();
  }

  /** The defaults of {@code torch.optim.Adadelta}. */
  public static Adadelta defaults() {
    return new Adadelta(1, 0.9, 1e-6, 0);
  }

  @Override
  public List<Slot> slots() {
    return List.of(Slot.array("square_avg"), Slot.array("acc_delta"));
  }

  @Override
  public void update(Update update) {
    update.run("adadelta", rho, epsilon, update.weightDecay());
  }
}
