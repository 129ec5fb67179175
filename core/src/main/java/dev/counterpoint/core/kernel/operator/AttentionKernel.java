package dev.counterpoint.core.kernel.operator;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import dev.counterpoint.core.kernel.Kernel;
import dev.counterpoint.core.kernel.Precision;
import java.util.Arrays;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Multi-head scaled dot-product attention (Vaswani et al. 2017, equation 1 and section 3.2.2), with
 * or without its projections, in one call: {@code torch.nn.functional.scaled_dot_product_attention}
 * of each head. Never holds all attention scores in memory, except with dropout on the weights, or
 * for few keys in bfloat16, where two separate products are faster.
 *
 * <p>Differs from PyTorch in two ways. In causal attention with fewer queries than keys, the last
 * query is aligned with the last key (PyTorch: the first with the first), as generation with a
 * key-value cache requires. And a query that may attend to no key gets the mean of all values, as
 * in Hugging Face's models, not NaN; its result must not influence the loss, because its gradients
 * are not those of a mean.
 *
 * <p>A mask is (batch, keys), 0 for each masked key; null for no mask.
 */
public final class AttentionKernel {
  private final Map<String, Object> constants;

  /**
   * Configures attention.
   *
   * @param heads number of heads; divides the width
   * @param causal whether to mask the keys after each query
   * @param dropout dropout probability of the attention weights; 0 outside of training
   * @param precision precision of the projections and of everything in between
   */
  public AttentionKernel(int heads, boolean causal, double dropout, Precision precision) {
    constants =
        precision.constants(Map.of("heads", (long) heads, "causal", causal, "dropout", dropout));
  }

  /**
   * Keys and values of tokens, each (batch, heads, tokens, headWidth).
   *
   * @param keys the keys
   * @param values the values
   */
  public record KeysValues(NDArray keys, NDArray values) {}

  /**
   * The result, with the keys and values to cache.
   *
   * @param x (batch, tokens, width)
   * @param all keys and values of the earlier and the new tokens
   */
  public record Result(NDArray x, KeysValues all) {
    private static Result of(NDList results) {
      return new Result(results.get(0), new KeysValues(results.get(1), results.get(2)));
    }
  }

  /**
   * Computes attention without projections, in the precision of the inputs.
   *
   * @param query (batch, tokens, width)
   * @param key (batch, tokens, width)
   * @param value (batch, tokens, width)
   * @param past keys and values of earlier tokens; null if there are none
   */
  public Result attend(
      NDArray query,
      NDArray key,
      NDArray value,
      @Nullable NDArray mask,
      @Nullable KeysValues past) {
    return attend(query, key, value, mask, past, null);
  }

  /**
   * Like {@link #attend(NDArray, NDArray, NDArray, NDArray, KeysValues)}, with a bias.
   *
   * @param bias (heads, tokens, keys), float32, added to the scores; null for none
   */
  public Result attend(
      NDArray query,
      NDArray key,
      NDArray value,
      @Nullable NDArray mask,
      @Nullable KeysValues past,
      @Nullable NDArray bias) {
    return Result.of(apply("attention", query, key, value, mask, keys(past), values(past), bias));
  }

  /**
   * Computes attention with separate projections for query, key and value.
   *
   * @param x (batch, tokens, width)
   * @param weights weight (width, width) and bias (width) of query, key, value and output, in this
   *     order
   * @return (batch, tokens, width), float32
   */
  public NDArray project(NDArray x, @Nullable NDArray mask, NDArray... weights) {
    return apply("multi_head_attention", join(weights, x, mask)).get(0);
  }

  /**
   * Computes attention with one combined projection for query, key and value, as in GPT-2 (Radford
   * et al. 2019); the result is float32.
   *
   * @param x (batch, tokens, width)
   * @param past keys and values of earlier tokens; null if there are none
   * @param weights weight (3 * width, width) and bias (3 * width) of query, key and value, in this
   *     order, then weight (width, width) and bias (width) of the output
   */
  public Result projectPacked(
      NDArray x, @Nullable NDArray mask, @Nullable KeysValues past, NDArray... weights) {
    return Result.of(apply("packed_attention", join(weights, x, mask, keys(past), values(past))));
  }

  private static @Nullable NDArray keys(@Nullable KeysValues past) {
    return past == null ? null : past.keys();
  }

  private static @Nullable NDArray values(@Nullable KeysValues past) {
    return past == null ? null : past.values();
  }

  private static @Nullable NDArray[] join(NDArray[] weights, @Nullable NDArray... inputs) {
    return Stream.of(inputs, weights).flatMap(Arrays::stream).toArray(NDArray[]::new);
  }

  /** Calls a kernel; an array without elements stands for null. */
  private NDList apply(String name, @Nullable NDArray... inputs) {
    NDArray none = inputs[0].getManager().create(new Shape(0));
    return Kernel.load(name, constants)
        .apply(
            Arrays.stream(inputs)
                .map(input -> input == null ? none : input)
                .toArray(NDArray[]::new));
  }
}
