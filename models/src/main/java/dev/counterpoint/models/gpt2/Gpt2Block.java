package dev.counterpoint.models.gpt2;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import dev.counterpoint.core.kernel.operator.AttentionKernel;
import dev.counterpoint.core.kernel.operator.PackedAttentionKernel;
import dev.counterpoint.core.model.Activation;
import dev.counterpoint.core.model.Dropout;
import dev.counterpoint.core.model.FeedForward;
import dev.counterpoint.core.model.Layer;
import dev.counterpoint.core.model.LayerNorm;
import dev.counterpoint.core.model.Linear;
import dev.counterpoint.core.model.Name;
import dev.counterpoint.core.model.attention.MultiHeadAttention;
import org.jspecify.annotations.Nullable;

/** Attention and a feed-forward part, each normalized before and added to its input: GPT2Block. */
final class Gpt2Block extends Layer {
  @Name("ln_1")
  private final LayerNorm attentionNorm;

  @Name("attn.c_attn")
  private final Linear queryKeyValue;

  @Name("attn.c_proj")
  private final Linear mix;

  @Name("ln_2")
  private final LayerNorm feedForwardNorm;

  @Name("mlp.c_fc")
  private final Linear up;

  @Name("mlp.c_proj")
  private final Linear down;

  private final Activation activation;
  private final Dropout dropout;
  private final int heads;
  private final double attentionDropout;

  Gpt2Block(Gpt2Architecture sizes) {
    int width = sizes.width();
    attentionNorm = new LayerNorm(width, sizes.epsilon());
    queryKeyValue = Linear.transposed(width, 3 * width, sizes.start());
    mix = Linear.transposed(width, width, sizes.startOfResidual());
    feedForwardNorm = new LayerNorm(width, sizes.epsilon());
    up = Linear.transposed(width, sizes.middle(), sizes.start());
    down = Linear.transposed(sizes.middle(), width, sizes.startOfResidual());
    activation = sizes.activation();
    dropout = new Dropout(sizes.dropout());
    heads = sizes.heads();
    attentionDropout = sizes.attentionDropout();
  }

  /**
   * What the tokens before these have left, for one block.
   *
   * @param cache of all blocks
   * @param block which of them this is
   */
  record Past(KeyValueCache cache, int block) {}

  /**
   * Applies the block.
   *
   * @param x (batch, tokens, width)
   * @param mask (batch, tokens, those of the past too), 0 for padding; null where there is none
   * @param past where keys and values are kept; null where nothing came before or comes after
   */
  NDArray forward(NDArray x, @Nullable NDArray mask, @Nullable Past past) {
    NDArray attended = dropout.addTo(x, attend(attentionNorm.forward(x), mask, past));
    NDArray fed = FeedForward.apply(feedForwardNorm.forward(attended), up, activation, down);
    return dropout.addTo(attended, fed);
  }

  private NDArray attend(NDArray x, @Nullable NDArray mask, @Nullable Past past) {
    if (queryKeyValue.adapted() || mix.adapted()) {
      return attendByLayers(x, mask, past);
    }
    double dropped = training() ? attentionDropout : 0;
    NDArray[] weights = MultiHeadAttention.weights(queryKeyValue, mix);
    PackedAttentionKernel.Result result =
        new PackedAttentionKernel(heads, true, dropped, precision())
            .attend(
                x,
                mask,
                past == null ? null : past.cache().key(past.block()),
                past == null ? null : past.cache().value(past.block()),
                new PackedAttentionKernel.Weights(weights[0], weights[1], weights[2], weights[3]));
    if (past != null) {
      past.cache().replace(past.block(), result.keys(), result.values());
    }
    return result.x();
  }

  private NDArray attendByLayers(NDArray x, @Nullable NDArray mask, @Nullable Past past) {
    NDList parts = queryKeyValue.forward(x).split(3, 2); // (batch, tokens, width) each
    NDArray query =
        MultiHeadAttention.split(parts.get(0), heads); // (batch, heads, tokens, headWidth)
    NDArray key = MultiHeadAttention.split(parts.get(1), heads);
    NDArray value = MultiHeadAttention.split(parts.get(2), heads);
    if (past != null) {
      NDList all = past.cache().append(past.block(), key, value);
      key = all.get(0);
      value = all.get(1);
    }
    NDArray mixed =
        new AttentionKernel(true, attentionDropout).attend(query, key, value, mask, training());
    return mix.forward(MultiHeadAttention.joined(mixed));
  }
}
