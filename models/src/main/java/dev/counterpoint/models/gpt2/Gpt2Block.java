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

/**
 * GPT-2 block with pre-norm attention and feed-forward layers: {@code GPT2Block} of Hugging Face.
 */
final class Gpt2Block extends Layer {
  @Name("ln_1")
  private final LayerNorm attentionNorm;

  @Name("attn.c_attn")
  private final Linear queryKeyValue;

  @Name("attn.c_proj")
  private final Linear attentionOutput;

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

  Gpt2Block(Gpt2Architecture architecture) {
    int width = architecture.width();
    attentionNorm = new LayerNorm(width, architecture.epsilon());
    queryKeyValue = Linear.transposed(width, 3 * width, architecture.initializer());
    attentionOutput = Linear.transposed(width, width, architecture.residualInitializer());
    feedForwardNorm = new LayerNorm(width, architecture.epsilon());
    up = Linear.transposed(width, architecture.feedForwardSize(), architecture.initializer());
    down =
        Linear.transposed(
            architecture.feedForwardSize(), width, architecture.residualInitializer());
    activation = architecture.activation();
    dropout = new Dropout(architecture.dropout());
    heads = architecture.heads();
    attentionDropout = architecture.attentionDropout();
  }

  /**
   * The cached keys and values of one block.
   *
   * @param cache the cache of all blocks
   * @param block index of the block
   */
  record BlockCache(KeyValueCache cache, int block) {}

  /**
   * Applies the block.
   *
   * @param x (batch, tokens, width)
   * @param mask (batch, cached and new tokens), 0 for padding; null if there is no padding
   * @param cached cache of keys and values; null without incremental decoding
   * @return (batch, tokens, width)
   */
  NDArray forward(NDArray x, @Nullable NDArray mask, @Nullable BlockCache cached) {
    NDArray attended = dropout.addTo(x, attend(attentionNorm.forward(x), mask, cached));
    NDArray feedForward =
        FeedForward.apply(feedForwardNorm.forward(attended), up, activation, down);
    return dropout.addTo(attended, feedForward);
  }

  private NDArray attend(NDArray x, @Nullable NDArray mask, @Nullable BlockCache cached) {
    if (queryKeyValue.adapted() || attentionOutput.adapted()) {
      return attendLayerByLayer(x, mask, cached);
    }
    double dropoutProbability = training() ? attentionDropout : 0;
    NDArray[] weights = MultiHeadAttention.weights(queryKeyValue, attentionOutput);
    PackedAttentionKernel.Result result =
        new PackedAttentionKernel(heads, true, dropoutProbability, precision())
            .attend(
                x,
                mask,
                cached == null ? null : cached.cache().key(cached.block()),
                cached == null ? null : cached.cache().value(cached.block()),
                new PackedAttentionKernel.Weights(weights[0], weights[1], weights[2], weights[3]));
    if (cached != null) {
      cached.cache().replace(cached.block(), result.keys(), result.values());
    }
    return result.x();
  }

  private NDArray attendLayerByLayer(
      NDArray x, @Nullable NDArray mask, @Nullable BlockCache cached) {
    NDList parts = queryKeyValue.forward(x).split(3, 2); // (batch, tokens, width) each
    NDArray query =
        MultiHeadAttention.split(parts.get(0), heads); // (batch, heads, tokens, headWidth)
    NDArray key = MultiHeadAttention.split(parts.get(1), heads);
    NDArray value = MultiHeadAttention.split(parts.get(2), heads);
    if (cached != null) {
      NDList all = cached.cache().append(cached.block(), key, value);
      key = all.get(0);
      value = all.get(1);
    }
    NDArray context =
        new AttentionKernel(true, attentionDropout).attend(query, key, value, mask, training());
    return attentionOutput.forward(MultiHeadAttention.joined(context));
  }
}
