package dev.counterpoint.core.kernel.operator;

import ai.djl.ndarray.NDArray;
import dev.counterpoint.core.kernel.Kernel;
import dev.counterpoint.core.kernel.Precision;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Operators with gradients, named as in {@code torch.nn.functional}, each in one native call.
 *
 * <p>Dropout differs from PyTorch in the random numbers, here and in all kernels with dropout: a
 * CPU uses 16 random bits per element, so the probability is rounded to a multiple of 1/65536 and
 * is at most 65535/65536. The bits are the same on every CPU; a GPU draws different ones.
 */
public final class Functional {
  /** The padding index of a table without a padding row. */
  public static final long NO_PADDING = -1;

  private Functional() {}

  /**
   * Dropout during training: sets random elements to 0 and scales the others so that the mean is
   * preserved.
   *
   * @param x (...)
   * @param probability probability that an element becomes 0: greater than 0 and less than 1
   * @return same shape as x
   */
  public static NDArray dropout(NDArray x, double probability) {
    return Kernel.load("dropout", Map.of("dropout", probability)).apply(x).get(0);
  }

  /**
   * Residual connection (He et al. 2016) with dropout on the added array: x + dropout(part).
   *
   * @param x (...)
   * @param part same shape as x
   * @param dropout dropout probability; 0 outside of training
   */
  public static NDArray residual(NDArray x, NDArray part, double dropout) {
    return Kernel.load("residual", Map.of("dropout", dropout)).apply(x, part).get(0);
  }

  /**
   * Embedding lookup: looks up rows of a table.
   *
   * @param ids (...), int64 or int32
   * @param weight (rows, width)
   * @param padding the row that gets no gradient, or {@link #NO_PADDING}
   * @return (..., width)
   */
  public static NDArray embedding(NDArray ids, NDArray weight, long padding) {
    return Kernel.load("embedding", Map.of("padding", padding)).apply(ids, weight).get(0);
  }

  /**
   * GELU activation (Hendrycks and Gimpel 2016), x * Phi(x) with Phi of the normal distribution, as
   * in BERT.
   */
  public static NDArray gelu(NDArray x) {
    return gelu(x, "none");
  }

  /** GELU with the tanh approximation, as in GPT-2: {@code gelu_new} of Hugging Face. */
  public static NDArray geluTanh(NDArray x) {
    return gelu(x, "tanh");
  }

  private static NDArray gelu(NDArray x, String approximate) {
    return Kernel.load("gelu", Map.of("approximate", approximate)).apply(x).get(0);
  }

  /**
   * Layer normalization over the last dimension, then scaled and shifted. DJL's version spends half
   * of the time of a small call in overhead.
   *
   * @param x (..., width)
   * @param weight (width)
   * @param bias (width)
   * @return same shape as x
   */
  public static NDArray layerNorm(NDArray x, NDArray weight, NDArray bias, double epsilon) {
    return Kernel.load("layer_norm", Map.of("epsilon", epsilon)).apply(x, weight, bias).get(0);
  }

  /**
   * Root-mean-square normalization over the last dimension, then scaled: {@code
   * torch.nn.functional.rms_norm}.
   *
   * @param x (..., width)
   * @param weight (width)
   * @return same shape as x
   */
  public static NDArray rmsNorm(NDArray x, NDArray weight, double epsilon) {
    return Kernel.load("rms_norm", Map.of("epsilon", epsilon)).apply(x, weight).get(0);
  }

  /**
   * Rotates pairs of neighboring features (Su et al. 2021, equation 34).
   *
   * @param x (batch, tokens, width)
   * @param angles (tokens, pairs), in radians; 2 * pairs divides the width, and each part of so
   *     many features is rotated alike
   * @return same shape as x
   */
  public static NDArray rotate(NDArray x, NDArray angles) {
    return Kernel.load("rotate").apply(x, angles).get(0);
  }

  /**
   * Two-dimensional convolution, {@code torch.nn.functional.conv2d}, in float32.
   *
   * @param x (batch, inputs, height, width)
   * @param weight (outputs, inputs, kernel, kernel)
   * @param bias (outputs)
   * @param padding zeros added on each side
   * @return (batch, outputs, (height + 2 padding - kernel) / stride + 1, likewise for the width)
   */
  public static NDArray conv2d(NDArray x, NDArray weight, NDArray bias, int stride, int padding) {
    Map<String, Object> constants = Map.of("stride", (long) stride, "padding", (long) padding);
    return Kernel.load("conv2d", constants).apply(x, weight, bias).get(0);
  }

  /**
   * Group normalization, {@code torch.nn.functional.group_norm}: over the pixels and the channels
   * of each group, then scaled and shifted per channel.
   *
   * @param x (batch, channels, ...)
   * @param weight (channels)
   * @param bias (channels)
   * @param groups divides the channels
   * @return same shape as x
   */
  public static NDArray groupNorm(
      NDArray x, NDArray weight, NDArray bias, int groups, double epsilon) {
    Map<String, Object> constants = Map.of("groups", (long) groups, "epsilon", epsilon);
    return Kernel.load("group_norm", constants).apply(x, weight, bias).get(0);
  }

  /**
   * Linear transformation in either precision: x W^T + b.
   *
   * @param x (..., inputs)
   * @param weight (outputs, inputs)
   * @param bias (outputs), or null
   * @return (..., outputs), float32
   */
  public static NDArray linear(
      NDArray x, NDArray weight, @Nullable NDArray bias, Precision precision) {
    Map<String, Object> constants = precision.constants();
    return bias == null
        ? Kernel.load("linear_without_bias", constants).apply(x, weight).get(0)
        : Kernel.load("linear", constants).apply(x, weight, bias).get(0);
  }

  /**
   * Feed-forward layer of a transformer block in one call: two linear layers with an activation in
   * between. In bfloat16, everything from the first product to the second is in bfloat16.
   *
   * @param x (..., width)
   * @param upWeight (hidden, width)
   * @param upBias (hidden)
   * @param downWeight (width, hidden)
   * @param downBias (width)
   * @param activation gelu, gelu_tanh, relu, silu, tanh or sigmoid
   * @return (..., width), float32
   */
  public static NDArray feedForward(
      NDArray x,
      NDArray upWeight,
      NDArray upBias,
      NDArray downWeight,
      NDArray downBias,
      String activation,
      Precision precision) {
    return Kernel.load("feed_forward", precision.constants(Map.of("activation", activation)))
        .apply(x, upWeight, upBias, downWeight, downBias)
        .get(0);
  }

  /**
   * Mean pooling of token vectors: the mean over the tokens that are not padding.
   *
   * @param x (batch, tokens, width)
   * @param mask (batch, tokens), 1 for a token and 0 for padding
   * @return (batch, width)
   */
  public static NDArray maskedMean(NDArray x, NDArray mask) {
    return Kernel.load("masked_mean").apply(x, mask).get(0);
  }
}
