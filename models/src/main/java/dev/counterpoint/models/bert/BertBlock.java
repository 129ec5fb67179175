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

/** Attention and a feed-forward part, each added to its input and then normalized: BertLayer. */
final class BertBlock extends Layer {
  @Name("attention.self.query")
  private final Linear query;

  @Name("attention.self.key")
  private final Linear key;

  @Name("attention.self.value")
  private final Linear value;

  @Name("attention.output.dense")
  private final Linear mix;

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

  BertBlock(BertArchitecture sizes) {
    int width = sizes.width();
    query = new Linear(width, width, sizes.start());
    key = new Linear(width, width, sizes.start());
    value = new Linear(width, width, sizes.start());
    mix = new Linear(width, width, sizes.start());
    attentionNorm = new LayerNorm(width, sizes.epsilon());
    up = new Linear(width, sizes.intermediate(), sizes.start());
    down = new Linear(sizes.intermediate(), width, sizes.start());
    outputNorm = new LayerNorm(width, sizes.epsilon());
    activation = sizes.activation();
    dropout = new Dropout(sizes.dropout());
    heads = sizes.heads();
    attentionDropout = sizes.attentionDropout();
  }

  /**
   * Applies the block.
   *
   * @param x (batch, tokens, width)
   * @param mask (batch, tokens), 0 for padding; null where there is none
   */
  NDArray forward(NDArray x, @Nullable NDArray mask) {
    NDArray attended = attentionNorm.forward(dropout.addTo(x, attend(x, mask)));
    NDArray fed = FeedForward.apply(attended, up, activation, down);
    return outputNorm.forward(dropout.addTo(attended, fed));
  }

  private NDArray attend(NDArray x, @Nullable NDArray mask) {
    if (Stream.of(query, key, value, mix).anyMatch(Linear::adapted)) {
      return attendByLayers(x, mask);
    }
    double dropped = training() ? attentionDropout : 0;
    return new MultiHeadAttentionKernel(heads, false, dropped, precision())
        .attend(x, mask, MultiHeadAttention.weights(query, key, value, mix));
  }

  private NDArray attendByLayers(NDArray x, @Nullable NDArray mask) {
    NDArray q =
        MultiHeadAttention.split(query.forward(x), heads); // (batch, heads, tokens, headWidth)
    NDArray k = MultiHeadAttention.split(key.forward(x), heads);
    NDArray v = MultiHeadAttention.split(value.forward(x), heads);
    NDArray mixed = new AttentionKernel(false, attentionDropout).attend(q, k, v, mask, training());
    return mix.forward(MultiHeadAttention.joined(mixed));
  }
}
