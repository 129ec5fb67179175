package dev.counterpoint.core.optimizer;

import java.util.List;

/**
 * One optimization algorithm: the {@code optimizer:} of a run file. An implementation is a record
 * of its settings; what it remembers of each parameter lies in named slots that {@link Optimizer}
 * keeps, saves and restores.
 */
public interface OptimizerConfig {
  /** The rate that a schedule starts from. */
  double learningRate();

  /**
   * The decay of parameters of two or more dimensions that no group gives another. Biases and the
   * scales of norms have none, unlike in {@code torch.optim}, unless a {@link ParameterGroup} gives
   * them one.
   */
  double weightDecay();

  /** What is remembered of each parameter. */
  List<Slot> slots();

  /**
   * Changes the parameters in place. No gradients are recorded, and temporary arrays are freed
   * after.
   */
  void update(Update update);
}
