package dev.counterpoint.core.model.attention;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import dev.counterpoint.core.kernel.operator.MultiHeadAttentionKernel;
import dev.counterpoint.core.model.Layer;
import dev.counterpoint.core.model.Linear;
import java.util.Arrays;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Multi-head scaled dot-product attention (Vaswani et al. 2017, section 3.2). */
public final class MultiHeadAttention extends Layer implements Attention {
  private final Linear query;
  private final Linear key;
  private final Linear value;
  private final Linear output;
  private final int heads;
  private final boolean causal;
  private final double dropout;

  public MultiHeadAttention(AttentionConfig.BlockSpec block) {
    int width = block.width();
    query = new Linear(width, width);
    key = new Linear(width, width);
    value = new Linear(width, width);
    output = new Linear(width, width);
    heads = block.heads();
    causal = block.causal();
    dropout = block.dropout();
  }

  @Override
  public NDArray forward(NDArray x, NDArray mask) {
    return attend(x, mask);
  }

  @Override
  public NDArray forward(NDArray x) {
    return attend(x, null);
  }

  private NDArray attend(NDArray x, @Nullable NDArray mask) {
    double dropped = training() ? dropout : 0;
    return observe(
        new MultiHeadAttentionKernel(heads, causal, dropped, precision())
            .attend(x, mask, weights(query, key, value, output)));
  }

  /**
   * The weights and biases of layers, in order, for a kernel that takes all of them. None of the
   * layers may be {@link Linear#adapted}.
   */
  public static NDArray[] weights(Linear... layers) {
    return Arrays.stream(layers)
        .flatMap(layer -> Stream.of(layer.weight(), layer.bias()))
        .toArray(NDArray[]::new);
  }

  /** Splits the heads: (batch, tokens, width) to (batch, heads, tokens, headWidth). */
  public static NDArray split(NDArray x, int heads) {
    Shape shape = x.getShape();
    return x.reshape(shape.get(0), shape.get(1), heads, -1).transpose(0, 2, 1, 3);
  }

  /** Joins the heads: (batch, heads, tokens, headWidth) to (batch, tokens, width). */
  public static NDArray joined(NDArray heads) {
    Shape shape = heads.getShape();
    return heads.transpose(0, 2, 1, 3).reshape(shape.get(0), shape.get(2), -1);
  }

  /** Configuration of multi-head attention; it has no settings. */
  public record Config() implements AttentionConfig {
    public static Config defaults() {
      return new Config();
    }

    @Override
    public Attention build(BlockSpec block) {
      return new MultiHeadAttention(block);
    }
  }
}
