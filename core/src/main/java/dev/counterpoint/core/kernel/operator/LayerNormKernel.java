package dev.counterpoint.core.kernel.operator;

import ai.djl.ndarray.NDArray;
import dev.counterpoint.core.kernel.Kernel;
import java.util.Map;

/**
 * {@code torch.nn.functional.layer_norm} over the last dimension. DJL has it too, with half of a
 * small one's time spent on the way there.
 */
public final class LayerNormKernel {
  private final Kernel kernel;

  public LayerNormKernel(double epsilon) {
    kernel = Kernel.load("layer_norm", Map.of("epsilon", epsilon));
  }

  /**
   * Normalizes each vector, then scales and shifts it.
   *
   * @param x (..., width)
   * @param weight (width)
   * @param bias (width)
   * @return as x
   */
  public NDArray normalize(NDArray x, NDArray weight, NDArray bias) {
    return kernel.apply(x, weight, bias).get(0);
  }
}
