package dev.counterpoint.core.model.attention;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import dev.counterpoint.core.kernel.operator.AttentionKernel;
import dev.counterpoint.core.model.Layer;
import dev.counterpoint.core.model.LayerObserver;
import dev.counterpoint.core.model.Linear;
import dev.counterpoint.core.model.position.RelativePositions;
import java.util.Arrays;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Multi-head scaled dot-product attention (Vaswani et al. 2017, section 3.2). The four linear
 * layers are initialized as in {@code torch.nn.Linear}: weights and biases are uniform with bound
 * sqrt(1 / width).
 */
public final class MultiHeadAttention extends Layer implements Attention {
  private final Linear query;
  private final Linear key;
  private final Linear value;
  private final Linear output;
  private final AttentionConfig.BlockSpec block;

  public MultiHeadAttention(AttentionConfig.BlockSpec block) {
    int width = block.width();
    query = new Linear(width, width);
    key = new Linear(width, width);
    value = new Linear(width, width);
    output = new Linear(width, width);
    this.block = block;
  }

  @Override
  public NDArray forward(NDArray x, NDArray mask) {
    return apply(x, mask, block, query, key, value, output);
  }

  @Override
  public NDArray forward(NDArray x) {
    return apply(x, null, block, query, key, value, output);
  }

  /**
   * Applies attention that consists of the given linear layers, for models with other parameter
   * names. If one of the layers is {@link Linear#adapted}, or the block has relative positions, the
   * layers are called one by one.
   *
   * @param x (batch, tokens, width)
   * @param mask (batch, tokens), 0 for padding; null if there is no padding
   * @param layers the layers of query, key, value and output, in this order
   * @return (batch, tokens, width)
   */
  public static NDArray apply(
      NDArray x, @Nullable NDArray mask, AttentionConfig.BlockSpec block, Linear... layers) {
    Linear output = layers[3];
    RelativePositions positions = block.positions();
    if (positions != null || anyAdapted(layers)) {
      NDArray query = layers[0].forward(x);
      NDArray key = layers[1].forward(x);
      NDArray value = layers[2].forward(x);
      NDArray bias = null;
      if (positions != null) {
        query = positions.rotate(query);
        key = positions.rotate(key);
        bias = positions.bias(x);
      }
      AttentionKernel kernel = kernel(block, output);
      return output.forward(kernel.attend(query, key, value, mask, null, bias).x());
    }
    NDArray result = kernel(block, output).project(x, mask, weights(layers));
    return LayerObserver.notifyFused(MultiHeadAttention.class, result, layers);
  }

  /**
   * Like {@link #apply}, with one layer for query, key and value.
   *
   * @param mask (batch, earlier and new tokens), 0 for padding; null if there is no padding
   * @param past keys and values of earlier tokens; null if there are none
   * @param queryKeyValue the layer of query, key and value: (..., width) to (..., 3 * width)
   */
  public static AttentionKernel.Result applyPacked(
      NDArray x,
      @Nullable NDArray mask,
      AttentionKernel.@Nullable KeysValues past,
      AttentionConfig.BlockSpec block,
      Linear queryKeyValue,
      Linear output) {
    if (anyAdapted(queryKeyValue, output)) {
      NDList parts = queryKeyValue.forward(x).split(3, 2); // (batch, tokens, width) each
      AttentionKernel.Result result =
          kernel(block, output).attend(parts.get(0), parts.get(1), parts.get(2), mask, past);
      return new AttentionKernel.Result(output.forward(result.x()), result.all());
    }
    AttentionKernel.Result result =
        kernel(block, output).projectPacked(x, mask, past, weights(queryKeyValue, output));
    NDArray observed =
        LayerObserver.notifyFused(MultiHeadAttention.class, result.x(), queryKeyValue, output);
    return new AttentionKernel.Result(observed, result.all());
  }

  private static boolean anyAdapted(Linear... layers) {
    return Arrays.stream(layers).anyMatch(Linear::adapted);
  }

  private static AttentionKernel kernel(AttentionConfig.BlockSpec block, Linear output) {
    return new AttentionKernel(
        block.heads(), block.causal(), dropout(block, output), output.precision());
  }

  private static double dropout(AttentionConfig.BlockSpec block, Linear output) {
    return output.training() ? block.dropout() : 0;
  }

  private static NDArray[] weights(Linear... layers) {
    return Arrays.stream(layers)
        .flatMap(layer -> Stream.of(layer.operand(), layer.bias()))
        .toArray(NDArray[]::new);
  }

  /** Configuration of multi-head attention; it has no settings. */
  public record Config() implements AttentionConfig {
    @Override
    public Attention build(BlockSpec block) {
      return new MultiHeadAttention(block);
    }

    @Override
    public boolean supportsRelativePositions() {
      return true;
    }
  }
}
