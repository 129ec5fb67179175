package dev.counterpoint.core.kernel.operator;

import ai.djl.ndarray.NDArray;
import dev.counterpoint.core.kernel.Kernel;
import dev.counterpoint.core.kernel.Precision;
import java.util.Map;

/**
 * The feed-forward part of a transformer's block in one call: two linear layers and the activation
 * between them. In bfloat16 all is, from the first product to the second.
 */
public final class FeedForwardKernel {
  private final Kernel kernel;

  /**
   * A feed-forward part.
   *
   * @param activation gelu, gelu_tanh, relu, silu, tanh or sigmoid
   */
  public FeedForwardKernel(String activation, Precision precision) {
    kernel = Kernel.load("feed_forward", precision.constants(Map.of("activation", activation)));
  }

  /**
   * Applies it to the last dimension.
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
