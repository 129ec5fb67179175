package dev.counterpoint.core.optimizer;

import java.util.List;

/**
 * Optimization algorithm: the {@code optimizer:} section of a run file. An implementation is a
 * record of its settings; its per-parameter state is declared as named slots, which {@link
 * Optimizer} allocates, saves and restores.
 */
public interface OptimizerConfig {
  /** The base learning rate, which a schedule modifies. */
  double learningRate();

  /**
   * The weight decay of parameters with two or more dimensions. Unlike in {@code torch.optim},
   * biases and norm weights are not decayed. A {@link ParameterGroup} can override the weight decay
   * for any parameter.
   */
  double weightDecay();

  /** The state kept for each parameter. */
  List<Slot> slots();

  /**
   * Updates the parameters in place. No gradients are recorded, and temporary arrays are freed
   * afterwards.
   */
  void update(Update update);
}
