package dev.counterpoint.core.optimizer;

import dev.counterpoint.core.settings.Checks;
import java.util.List;

/**
 * Stochastic gradient descent with momentum (Sutskever, Martens, Dahl and Hinton 2013): {@code
 * torch.optim.SGD}. As in PyTorch, the momentum buffer is not scaled by the learning rate, and its
 * first value is the gradient without dampening.
 *
 * @param momentum momentum factor
 * @param dampening dampening of the gradient that is added to the momentum buffer
 * @param nesterov whether to use Nesterov momentum; requires momentum and no dampening
 */
public record Sgd(
    double learningRate, double momentum, double dampening, double weightDecay, boolean nesterov)
    implements OptimizerConfig {
  public Sgd {
    new Checks()
        .positive("learningRate", learningRate)
        .notNegative("momentum", momentum)
        .within("dampening", dampening, 0, 1)
        .notNegative("weightDecay", weightDecay)
        .that(
            !nesterov || (momentum > 0 && dampening == 0),
            "nesterov",
            nesterov,
            "requires a momentum greater than 0 and a dampening of 0")
        .verify();
  }

  /** The defaults of {@code torch.optim.SGD}. */
  public static Sgd defaults() {
    return new Sgd(1e-3, 0, 0, 0, false);
  }

  @Override
  public List<Slot> slots() {
    if (momentum == 0) {
      return List.of();
    }
    Slot buffer = Slot.array("momentum_buffer");
    return dampening == 0 ? List.of(buffer) : List.of(buffer, Slot.step());
  }

  @Override
  public void update(Update update) {
    if (momentum == 0 || dampening == 0) {
      update.run(
          "sgd", "sgd", List.of("momentum_buffer"), momentum, update.weightDecay(), nesterov);
    } else {
      List<String> slots = List.of("momentum_buffer", "step");
      update.run("sgd", "dampened", slots, momentum, dampening, update.weightDecay());
    }
  }
}
