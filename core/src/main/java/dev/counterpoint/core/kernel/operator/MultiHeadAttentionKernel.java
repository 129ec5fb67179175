package dev.counterpoint.core.kernel.operator;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import dev.counterpoint.core.kernel.Kernel;
import dev.counterpoint.core.kernel.Precision;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Multi-head attention including its projections (Vaswani et al. 2017, section 3.2.2), in one call.
 * Masks work as described in {@link AttentionKernel}.
 */
public final class MultiHeadAttentionKernel {
  private final Kernel kernel;

  /**
   * Configures multi-head attention.
   *
   * @param heads number of heads; divides the width
   * @param causal whether to mask the tokens after each token
   * @param dropout dropout probability of the attention weights; 0 outside of training
   */
  public MultiHeadAttentionKernel(int heads, boolean causal, double dropout, Precision precision) {
    kernel = load("multi_head_attention", heads, causal, dropout, precision);
  }

  /** Loads an attention kernel with these settings. */
  static Kernel load(String name, int heads, boolean causal, double dropout, Precision precision) {
    return Kernel.load(
        name,
        precision.constants(Map.of("heads", (long) heads, "causal", causal, "dropout", dropout)));
  }

  /**
   * Computes attention.
   *
   * @param x (batch, tokens, width)
   * @param mask (batch, tokens), 0 for each masked token; null for no mask
   * @param weights weight (width, width) and bias (width) of query, key, value and output, in this
   *     order
   * @return (batch, tokens, width), float32
   */
  public NDArray attend(NDArray x, @Nullable NDArray mask, NDArray... weights) {
    NDArray[] inputs = new NDArray[2 + weights.length];
    inputs[0] = x;
    inputs[1] = mask == null ? x.getManager().create(new Shape(0)) : mask;
    System.arraycopy(weights, 0, inputs, 2, weights.length);
    return kernel.apply(inputs).get(0);
  }
}
