package dev.counterpoint.core.kernel.operator;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import dev.counterpoint.core.kernel.Kernel;
import dev.counterpoint.core.kernel.Precision;
import org.jspecify.annotations.Nullable;

/**
 * Attention in several heads where one product makes query, key and value, as in GPT-2 (Radford et
 * al. 2019), all in one call, with or without the keys and values of earlier tokens; what {@link
 * AttentionKernel} says of masks and of fewer queries than keys holds here.
 */
public final class PackedAttentionKernel {
  private final Kernel kernel;

  /** Attention with the settings of a {@link MultiHeadAttentionKernel}. */
  public PackedAttentionKernel(int heads, boolean causal, double dropout, Precision precision) {
    kernel = MultiHeadAttentionKernel.load("packed_attention", heads, causal, dropout, precision);
  }

  /**
   * The weights.
   *
   * @param input (3 * width, width): query, key and value in turn
   * @param inputBias (3 * width)
   * @param output (width, width)
   * @param outputBias (width)
   */
  public record Weights(NDArray input, NDArray inputBias, NDArray output, NDArray outputBias) {}

  /**
   * What comes out.
   *
   * @param x (batch, tokens, width), float32
   * @param keys (batch, heads, keys, headWidth), those of earlier tokens too
   * @param values (batch, heads, keys, headWidth)
   */
  public record Result(NDArray x, NDArray keys, NDArray values) {}

  /**
   * Attends.
   *
   * @param x (batch, tokens, width)
   * @param mask (batch, keys), 0 for each that nobody sees; null where all are seen
   * @param keys (batch, heads, past, headWidth), or null where nothing came before
   * @param values (batch, heads, past, headWidth), or null where nothing came before
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
