package dev.counterpoint.models.transformer;

import ai.djl.ndarray.NDArray;
import dev.counterpoint.core.model.Dropout;
import dev.counterpoint.core.model.FeedForward;
import dev.counterpoint.core.model.Layer;
import dev.counterpoint.core.model.LayerNorm;
import dev.counterpoint.core.model.Name;
import dev.counterpoint.core.model.attention.Attention;
import org.jspecify.annotations.Nullable;

/**
 * Attention and a feed-forward part, each normalized before and added to its input (Xiong et al.
 * 2020).
 */
final class TransformerBlock extends Layer {
  private final LayerNorm attentionNorm;
  private final Attention attention;
  private final LayerNorm feedForwardNorm;

  /** Its layers are named as those of the block. */
  @Name("")
  private final FeedForward feedForward;

  private final Dropout dropout;

  TransformerBlock(TransformerConfig config) {
    int width = config.width();
    attentionNorm = new LayerNorm(width);
    attention = config.attention().build(config.place());
    feedForwardNorm = new LayerNorm(width);
    feedForward = new FeedForward(width, width * config.feedForward(), config.activation());
    dropout = new Dropout(config.dropout());
  }

  /**
   * Applies the block.
   *
   * @param x (batch, tokens, width)
   * @param mask (batch, tokens), 0 for padding; null where there is none
   */
  NDArray forward(NDArray x, @Nullable NDArray mask) {
    NDArray normal = attentionNorm.forward(x);
    NDArray mixed = mask == null ? attention.forward(normal) : attention.forward(normal, mask);
    NDArray attended = dropout.addTo(x, mixed);
    NDArray fed = feedForward.forward(feedForwardNorm.forward(attended));
    return dropout.addTo(attended, fed);
  }
}
