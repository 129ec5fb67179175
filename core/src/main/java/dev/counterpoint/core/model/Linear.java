package dev.counterpoint.core.model;

import ai.djl.ndarray.NDArray;
import dev.counterpoint.core.kernel.LinearKernel;
import dev.counterpoint.core.parameter.Initializer;
import dev.counterpoint.core.parameter.Parameter;
import org.jspecify.annotations.Nullable;

/** x W^T + b: {@code torch.nn.Linear}, started as there. */
public final class Linear extends Layer implements UnaryLayer {
  private final Parameter weight;
  private final @Nullable Parameter bias;

  /** With a bias. */
  public Linear(int inputs, int outputs) {
    this(inputs, outputs, true);
  }

  public Linear(int inputs, int outputs, boolean withBias) {
    double bound = Math.sqrt(1.0 / inputs);
    weight = Parameter.of(Initializer.kaimingUniform(), outputs, inputs);
    bias = withBias ? Parameter.of(Initializer.uniform(-bound, bound), outputs) : null;
  }

  /**
   * Applies it to the last dimension.
   *
   * @param x (..., inputs)
   * @return (..., outputs)
   */
  @Override
  public NDArray forward(NDArray x) {
    return LinearKernel.apply(x, weight(), bias == null ? null : bias.value(), precision());
  }

  NDArray weight() {
    return weight.value();
  }

  /**
   * The bias.
   *
   * @throws IllegalStateException where it has none
   */
  NDArray bias() {
    if (bias == null) {
      throw new IllegalStateException("This layer has no bias.");
    }
    return bias.value();
  }
}
