package dev.counterpoint.core.model.image;

import ai.djl.ndarray.NDArray;
import dev.counterpoint.core.kernel.operator.Functional;
import dev.counterpoint.core.model.Layer;
import dev.counterpoint.core.model.UnaryLayer;
import dev.counterpoint.core.parameter.Initializer;
import dev.counterpoint.core.parameter.Parameter;

/**
 * Two-dimensional convolution: {@code torch.nn.Conv2d} with a square kernel and its initialization.
 * It computes in float32, whatever the precision of the model.
 */
public final class Conv2d extends Layer implements UnaryLayer {
  private final Parameter weight;
  private final Parameter bias;
  private final int stride;
  private final int padding;

  /**
   * Creates a layer.
   *
   * @param kernel height and width of the kernel
   * @param padding zeros added on each side
   */
  public Conv2d(int inputs, int outputs, int kernel, int stride, int padding) {
    weight =
        requireSizes(Parameter.of(Initializer.kaimingUniform(), outputs, inputs, kernel, kernel));
    double bound = Math.sqrt(1.0 / ((double) inputs * kernel * kernel));
    bias = Parameter.of(Initializer.uniform(-bound, bound), outputs);
    this.stride = stride;
    this.padding = padding;
  }

  /**
   * Applies the layer.
   *
   * @param x (batch, inputs, height, width)
   * @return (batch, outputs, height, width), with the sizes of {@link Functional#conv2d}
   */
  @Override
  public NDArray forward(NDArray x) {
    return observe(Functional.conv2d(x, weight.value(), bias.value(), stride, padding));
  }
}
