package dev.counterpoint.core.optimizer;

import dev.counterpoint.core.settings.Checks;
import java.util.ArrayList;
import java.util.List;

/**
 * RMSprop (Tieleman and Hinton 2012, lecture 6.5; centered: Graves 2013): {@code
 * torch.optim.RMSprop}.
 *
 * @param alpha decay of the running average of squared gradients
 * @param epsilon added to the square root of the average
 * @param momentum momentum factor
 * @param centered whether to divide by the variance of the gradients instead of their mean square
 */
public record RmsProp(
    double learningRate,
    double alpha,
    double epsilon,
    double weightDecay,
    double momentum,
    boolean centered)
    implements OptimizerConfig {
  public RmsProp {
    new Checks()
        .positive("learningRate", learningRate)
        .within("alpha", alpha, 0, 1)
        .notNegative("epsilon", epsilon)
        .notNegative("weightDecay", weightDecay)
        .notNegative("momentum", momentum)
        .verify();
  }

  /** The defaults of {@code torch.optim.RMSprop}. */
  public static RmsProp defaults() {
    return new RmsProp(1e-2, 0.99, 1e-8, 0, 0, false);
  }

  @Override
  public List<Slot> slots() {
    List<Slot> slots = new ArrayList<>(List.of(Slot.array("square_avg")));
    if (centered) {
      slots.add(Slot.array("grad_avg"));
    }
    if (momentum > 0) {
      slots.add(Slot.array("momentum_buffer"));
    }
    return slots;
  }

  @Override
  public void update(Update update) {
    update.run(
        "rmsprop",
        "update",
        List.of("square_avg", "grad_avg", "momentum_buffer"),
        alpha,
        epsilon,
        update.weightDecay(),
        momentum,
        centered);
  }
}
