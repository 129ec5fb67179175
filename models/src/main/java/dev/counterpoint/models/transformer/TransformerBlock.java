package dev.counterpoint.models.transformer;

import ai.djl.ndarray.NDArray;
import dev.counterpoint.core.model.Dropout;
import dev.counterpoint.core.model.Layer;
import dev.counterpoint.core.model.LayerObserver;
import dev.counterpoint.core.model.Name;
import dev.counterpoint.core.model.UnaryLayer;
import dev.counterpoint.core.model.attention.Attention;
import dev.counterpoint.core.model.position.RelativePositions;
import org.jspecify.annotations.Nullable;

/** Pre-norm transformer block with attention and feed-forward layers (Xiong et al. 2020). */
public final class TransformerBlock extends Layer {
  private final UnaryLayer attentionNorm;
  private final Attention attention;
  private final UnaryLayer feedForwardNorm;

  /** The feed-forward layer; its parameters are named as if they belonged to the block. */
  @Name("")
  private final UnaryLayer feedForward;

  private final Dropout dropout;

  /**
   * Creates a block.
   *
   * @param positions positions that act in attention; null if there are none
   */
  public TransformerBlock(TransformerConfig config, @Nullable RelativePositions positions) {
    int width = config.width();
    attentionNorm = config.norm().build(width);
    attention = config.attention().build(config.blockSpec(positions));
    feedForwardNorm = config.norm().build(width);
    feedForward = config.feedForward().build(width, config.activation());
    dropout = new Dropout(config.dropout());
  }

  /**
   * Applies the block.
   *
   * @param x (batch, tokens, width)
   * @param mask (batch, tokens), 0 for padding; null if there is no padding
   * @return (batch, tokens, width)
   */
  public NDArray forward(NDArray x, @Nullable NDArray mask) {
    NDArray normalized = apply(attentionNorm, x);
    NDArray context =
        mask == null ? attention.forward(normalized) : attention.forward(normalized, mask);
    NDArray attended = dropout.addTo(x, context);
    NDArray transformed = apply(feedForward, apply(feedForwardNorm, attended));
    return dropout.addTo(attended, transformed);
  }

  private static NDArray apply(UnaryLayer part, NDArray x) {
    return LayerObserver.notifyPart(part, part.forward(x));
  }
}
