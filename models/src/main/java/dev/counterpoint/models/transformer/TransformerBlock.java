package dev.counterpoint.models.transformer;

import ai.djl.ndarray.NDArray;
import dev.counterpoint.core.model.Attention;
import dev.counterpoint.core.model.Dropout;
import dev.counterpoint.core.model.Layer;
import dev.counterpoint.core.model.LayerNorm;
import dev.counterpoint.core.model.Linear;
import dev.counterpoint.core.model.UnaryLayer;

/**
 * Attention and a feed-forward part, each normalized before and added to its input (Xiong et al.
 * 2020).
 */
final class TransformerBlock extends Layer {
  private final LayerNorm attentionNorm;
  private final Attention attention;
  private final LayerNorm feedForwardNorm;
  private final Linear up;
  private final Linear down;
  private final Dropout dropout;
  private final UnaryLayer activation;

  TransformerBlock(TransformerConfig config) {
    int width = config.width();
    attentionNorm = new LayerNorm(width);
    attention = config.attention().build(config.place());
    feedForwardNorm = new LayerNorm(width);
    up = new Linear(width, width * config.feedForward());
    down = new Linear(width * config.feedForward(), width);
    dropout = new Dropout(config.dropout());
    activation = config.activation();
  }

  /**
   * Applies the block.
   *
   * @param x (batch, tokens, width)
   * @param mask (batch, tokens), 0 for padding
   */
  NDArray forward(NDArray x, NDArray mask) {
    NDArray attended = x.add(dropout.forward(attention.forward(attentionNorm.forward(x), mask)));
    NDArray hidden = activation.forward(up.forward(feedForwardNorm.forward(attended)));
    return attended.add(dropout.forward(down.forward(hidden)));
  }
}
