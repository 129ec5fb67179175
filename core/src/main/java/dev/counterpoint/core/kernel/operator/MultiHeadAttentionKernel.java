package dev.counterpoint.core.kernel.operator;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import dev.counterpoint.core.kernel.Kernel;
import dev.counterpoint.core.kernel.Precision;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Attention in several heads with the products around it (Vaswani et al. 2017, section 3.2.2), all
 * in one call; what {@link AttentionKernel} says of masks holds here.
 */
public final class MultiHeadAttentionKernel {
  private final Kernel kernel;

  /**
   * Attention.
   *
   * @param heads divides the width
   * @param causal hides the tokens that come after one
   * @param dropout the part of the attention weights that is dropped; 0 outside of training
   */
  public MultiHeadAttentionKernel(int heads, boolean causal, double dropout, Precision precision) {
    kernel = load("multi_head_attention", heads, causal, dropout, precision);
  }

  /** A text with these settings. */
  static Kernel load(String name, int heads, boolean causal, double dropout, Precision precision) {
    return Kernel.load(
        name,
        precision.constants(Map.of("heads", (long) heads, "causal", causal, "dropout", dropout)));
  }

  /**
   * Attends.
   *
   * @param x (batch, tokens, width)
   * @param mask (batch, tokens), 0 for each token that nobody sees; null where all are seen
   * @param weights weight (width, width) and bias (width) of query, key, value and output in turn
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
