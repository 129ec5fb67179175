package dev.counterpoint.core.kernel.operator;

import ai.djl.ndarray.NDArray;
import dev.counterpoint.core.kernel.Kernel;
import dev.counterpoint.core.kernel.Precision;
import java.util.Map;

/**
 * Feed-forward layer of a transformer block in one call: two linear layers with an activation in
 * between. In bfloat16, everything from the first product to the second is in bfloat16.
 */
public final class FeedForwardKernel {
  private final Kernel kernel;

  /**
   * Configures a feed-forward layer.
   *
   * @param activation gelu, gelu_tanh, relu, silu, tanh or sigmoid
   */
  public FeedForwardKernel(String activation, Precision precision) {
    kernel = Kernel.load("feed_forward", precision.constants(Map.of("activation", activation)));
  }

  /**
   * Applies the layer to the last dimension.
   *
   * @param x (..., width)
   * @param upWeight (hidden, width)
   * @param upBias (hidden)
   * @param downWeight (width, hidden)
   * @param downBias (width)
   * @return (..., width), float32
   */
  public NDArray apply(
      NDArray x, NDArray upWeight, NDArray upBias, NDArray downWeight, NDArray downBias) {
    return kernel.apply(x, upWeight, upBias, downWeight, downBias).get(0);
  }
}
