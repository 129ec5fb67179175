package dev.counterpoint.models.bert;

import ai.djl.ndarray.NDArray;
import dev.counterpoint.core.kernel.operator.AttentionKernel;
import dev.counterpoint.core.kernel.operator.MultiHeadAttentionKernel;
import dev.counterpoint.core.model.Activation;
import dev.counterpoint.core.model.Dropout;
import dev.counterpoint.core.model.FeedForward;
import dev.counterpoint.core.model.Layer;
import dev.counterpoint.core.model.LayerNorm;
import dev.counterpoint.core.model.Linear;
import dev.counterpoint.core.model.Name;
import dev.counterpoint.core.model.attention.MultiHeadAttention;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * BERT block with post-norm attention and feed-forward layers: {@code BertLayer} of Hugging Face.
 */
final class BertBlock extends Layer {
  @Name("attention.self.query")
  private final Linear query;

  @Name("attention.self.key")
  private final Linear key;

  @Name("attention.self.value")
  private final Linear value;

  @Name("attention.output.dense")
  private final Linear attentionOutput;

  @Name("attention.output.LayerNorm")
  private final LayerNorm attentionNorm;

  @Name("intermediate.dense")
  private final Linear up;

  @Name("output.dense")
  private final Linear down;

  @Name("output.LayerNorm")
  private final LayerNorm outputNorm;

  private final Activation activation;
  private final Dropout dropout;
  private final int heads;
  private final double attentionDropout;

  BertBlock(BertArchitecture architecture) {
    int width = architecture.width();
    query = new Linear(width, width, architecture.initializer());
    key = new Linear(width, width, architecture.initializer());
    value = new Linear(width, width, architecture.initializer());
    attentionOutput = new Linear(width, width, architecture.initializer());
    attentionNorm = new LayerNorm(width, architecture.epsilon());
    up = new Linear(width, architecture.intermediate(), architecture.initializer());
    down = new Linear(architecture.intermediate(), width, architecture.initializer());
    outputNorm = new LayerNorm(width, architecture.epsilon());
    activation = architecture.activation();
    dropout = new Dropout(architecture.dropout());
    heads = architecture.heads();
    attentionDropout = architecture.attentionDropout();
  }

  /**
   * Applies the block.
   *
   * @param x (batch, tokens, width)
   * @param mask (batch, tokens), 0 for padding; null if there is no padding
   * @return (batch, tokens, width)
   */
  NDArray forward(NDArray x, @Nullable NDArray mask) {
    NDArray attended = attentionNorm.forward(dropout.addTo(x, attend(x, mask)));
    NDArray feedForward = FeedForward.apply(attended, up, activation, down);
    return outputNorm.forward(dropout.addTo(attended, feedForward));
  }

  private NDArray attend(NDArray x, @Nullable NDArray mask) {
    if (Stream.of(query, key, value, attentionOutput).anyMatch(Linear::adapted)) {
      return attendLayerByLayer(x, mask);
    }
    double dropoutProbability = training() ? attentionDropout : 0;
    return new MultiHeadAttentionKernel(heads, false, dropoutProbability, precision())
        .attend(x, mask, MultiHeadAttention.weights(query, key, value, attentionOutput));
  }

  private NDArray attendLayerByLayer(NDArray x, @Nullable NDArray mask) {
    NDArray q =
        MultiHeadAttention.split(query.forward(x), heads); // (batch, heads, tokens, headWidth)
    NDArray k = MultiHeadAttention.split(key.forward(x), heads);
    NDArray v = MultiHeadAttention.split(value.forward(x), heads);
    NDArray context =
        new AttentionKernel(false, attentionDropout).attend(q, k, v, mask, training());
    return attentionOutput.forward(MultiHeadAttention.joined(context));
  }
}
