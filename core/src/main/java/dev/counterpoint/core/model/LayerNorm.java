package dev.counterpoint.core.model;

import ai.djl.ndarray.NDArray;
import dev.counterpoint.core.kernel.operator.Functional;
import dev.counterpoint.core.parameter.Initializer;
import dev.counterpoint.core.parameter.Parameter;
import dev.counterpoint.core.settings.Checks;

/**
 * Layer normalization over the last dimension: {@code torch.nn.LayerNorm} (Ba, Kiros and Hinton
 * 2016). The weight is initialized to 1, the bias to 0.
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

  /**
   * Settings of layer normalization.
   *
   * @param epsilon added to the variance
   */
  public record Config(double epsilon) implements NormConfig {
    public Config {
      new Checks().positive("epsilon", epsilon).verify();
    }

    /** PyTorch's default epsilon of 1e-5. */
    public static Config defaults() {
      return new Config(1e-5);
    }

    @Override
    public UnaryLayer build(int width) {
      return new LayerNorm(width, epsilon);
    }
  }
}
