package dev.counterpoint.core.optimizer;

import ai.djl.ndarray.NDArray;
import dev.counterpoint.core.parameter.Gradients;
import dev.counterpoint.core.parameter.Parameter;
import java.util.List;
import java.util.Map;
import java.util.function.DoubleUnaryOperator;

/** An update rule at work on the parameters of a model, with what it remembers of them. */
public final class Optimizer implements AutoCloseable {
  private Optimizer() {}

  /** An optimizer of the trainable ones among the parameters. */
  public static Optimizer create(
      UpdateRule rule, List<Parameter> parameters, List<ParameterGroup> groups) {
    return new Optimizer();
  }

  /**
   * One update. Parameters without a gradient are left alone, as torch.optim leaves those whose
   * grad is None.
   *
   * @param schedule from a group's base rate to its rate at this step
   */
  public void step(Gradients gradients, DoubleUnaryOperator schedule) {}

  /** Everything remembered, by {@code parameter name/slot name}, the arrays themselves. */
  public Map<String, NDArray> state() {
    return Map.of();
  }

  @Override
  public void close() {}
}
