package dev.counterpoint.core.model.block;

import ai.djl.ndarray.NDArray;
import dev.counterpoint.core.kernel.operator.Functional;
import dev.counterpoint.core.model.Layer;
import dev.counterpoint.core.model.NormConfig;
import dev.counterpoint.core.model.UnaryLayer;
import dev.counterpoint.core.parameter.Initializer;
import dev.counterpoint.core.parameter.Parameter;
import dev.counterpoint.core.settings.Checks;

/**
 * Root-mean-square normalization over the last dimension: {@code torch.nn.RMSNorm} (Zhang and
 * Sennrich 2019). The weight is initialized to 1.
 */
public final class RmsNorm extends Layer implements UnaryLayer {
  private final Parameter weight;
  private final double epsilon;

  public RmsNorm(int width, double epsilon) {
    weight = requireSizes(Parameter.of(Initializer.ones(), width));
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
    return observe(Functional.rmsNorm(x, weight.value(), epsilon));
  }

  /**
   * Settings of root-mean-square normalization.
   *
   * @param epsilon added to the mean of the squares
   */
  public record Config(double epsilon) implements NormConfig {
    public Config {
      new Checks().positive("epsilon", epsilon).verify();
    }

    /** Epsilon 1e-6, as in Llama. */
    public static Config defaults() {
      return new Config(1e-6);
    }

    @Override
    public UnaryLayer build(int width) {
      return new RmsNorm(width, epsilon);
    }
  }
}
