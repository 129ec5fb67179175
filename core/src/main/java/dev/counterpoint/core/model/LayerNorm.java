package dev.counterpoint.core.model;

import ai.djl.ndarray.NDArray;
import dev.counterpoint.core.kernel.operator.Functional;
import dev.counterpoint.core.parameter.Initializer;
import dev.counterpoint.core.parameter.Parameter;

/**
 * Layer normalization over the last dimension: {@code torch.nn.LayerNorm} (Ba, Kiros and Hinton
 * 2016).
 */
public final class LayerNorm extends Layer implements UnaryLayer {
  private final Parameter weight;
  private final Parameter bias;
  private final double epsilon;

  /** Creates a layer with PyTorch's default epsilon of 1e-5. */
  public LayerNorm(int width) {
    this(width, 1e-5);
  }

  public LayerNorm(int width, double epsilon) {
    weight = requireSizes(Parameter.of(Initializer.ones(), width));
    bias = Parameter.of(Initializer.zeros(), width);
    this.epsilon = epsilon;
  }

  /**
   * Normalizes the last dimension.
   *
   * @param x (..., width)
   * @return same shape as x
   */
  @Override
  public NDArray forward(NDArray x) {
    return observe(Functional.layerNorm(x, weight.value(), bias.value(), epsilon));
  }
}
