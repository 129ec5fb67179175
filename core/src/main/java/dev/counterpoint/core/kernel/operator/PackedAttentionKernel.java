package dev.counterpoint.core.kernel.operator;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import dev.counterpoint.core.kernel.Kernel;
import dev.counterpoint.core.kernel.Precision;
import org.jspecify.annotations.Nullable;

/**
 * Multi-head attention with one combined projection for query, key and value, as in GPT-2 (Radford
 * et al. 2019), in one call, with or without cached keys and values of earlier tokens. Masks, and
 * fewer queries than keys, work as described in {@link AttentionKernel}.
 */
public final class PackedAttentionKernel {
  private final Kernel kernel;

  /** Configures attention with the same settings as {@link MultiHeadAttentionKernel}. */
  public PackedAttentionKernel(int heads, boolean causal, double dropout, Precision precision) {
    kernel = MultiHeadAttentionKernel.load("packed_attention", heads, causal, dropout, precision);
  }

  /**
   * The weights.
   *
   * @param input (3 * width, width): query, key and value, in this order
   * @param inputBias (3 * width)
   * @param output (width, width)
   * @param outputBias (width)
   */
  public record Weights(NDArray input, NDArray inputBias, NDArray output, NDArray outputBias) {}

  /**
   * The result, with the keys and values to cache.
   *
   * @param x (batch, tokens, width), float32
   * @param keys (batch, heads, keys, headWidth), including those of earlier tokens
   * @param values (batch, heads, keys, headWidth), including those of earlier tokens
   */
  public record Result(NDArray x, NDArray keys, NDArray values) {}

  /**
   * Computes attention.
   *
   * @param x (batch, tokens, width)
   * @param mask (batch, keys), 0 for each masked key; null for no mask
   * @param keys (batch, heads, past, headWidth), or null if there are no earlier tokens
   * @param values (batch, heads, past, headWidth), or null if there are no earlier tokens
   */
  public Result attend(
      NDArray x,
      @Nullable NDArray mask,
      @Nullable NDArray keys,
      @Nullable NDArray values,
      Weights weights) {
    NDArray none = x.getManager().create(new Shape(0));
    NDList results =
        kernel.apply(
            x,
            mask == null ? none : mask,
            keys == null ? none : keys,
            values == null ? none : values,
            weights.input(),
            weights.inputBias(),
            weights.output(),
            weights.outputBias());
    return new Result(results.get(0), results.get(1), results.get(2));
  }
}
