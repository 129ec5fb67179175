package dev.counterpoint.models.gpt2;

import ai.djl.ndarray.NDArray;
import dev.counterpoint.core.kernel.operator.AttentionKernel;
import dev.counterpoint.core.model.Activation;
import dev.counterpoint.core.model.Dropout;
import dev.counterpoint.core.model.FeedForward;
import dev.counterpoint.core.model.Layer;
import dev.counterpoint.core.model.LayerNorm;
import dev.counterpoint.core.model.Linear;
import dev.counterpoint.core.model.Name;
import dev.counterpoint.core.model.attention.AttentionConfig;
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
  private final AttentionConfig.BlockSpec attention;

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
    attention =
        new AttentionConfig.BlockSpec(
            width, architecture.heads(), true, architecture.attentionDropout());
  }

  /**
   * Applies the block.
   *
   * @param x (batch, tokens, width)
   * @param mask (batch, cached and new tokens), 0 for padding; null if there is no padding
   * @param cache cache of this block; null without incremental decoding
   * @return (batch, tokens, width)
   */
  NDArray forward(NDArray x, @Nullable NDArray mask, @Nullable KeyValueCache cache) {
    NDArray attended = dropout.addTo(x, attend(attentionNorm.forward(x), mask, cache));
    NDArray feedForward =
        FeedForward.apply(feedForwardNorm.forward(attended), up, activation, down);
    return dropout.addTo(attended, feedForward);
  }

  private NDArray attend(NDArray x, @Nullable NDArray mask, @Nullable KeyValueCache cache) {
    AttentionKernel.KeysValues past = cache == null ? null : cache.get();
    AttentionKernel.Result result =
        MultiHeadAttention.applyPacked(x, mask, past, attention, queryKeyValue, attentionOutput);
    if (cache != null) {
      cache.replace(result.all());
    }
    return result.x();
  }
}
