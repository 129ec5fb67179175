package dev.counterpoint.models.bert;

import ai.djl.ndarray.NDArray;
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
  private final AttentionConfig.BlockSpec attention;

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
    attention =
        new AttentionConfig.BlockSpec(
            width, architecture.heads(), false, architecture.attentionDropout());
  }

  /**
   * Applies the block.
   *
   * @param x (batch, tokens, width)
   * @param mask (batch, tokens), 0 for padding; null if there is no padding
   * @return (batch, tokens, width)
   */
  NDArray forward(NDArray x, @Nullable NDArray mask) {
    NDArray context =
        MultiHeadAttention.apply(x, mask, attention, query, key, value, attentionOutput);
    NDArray attended = attentionNorm.forward(dropout.addTo(x, context));
    NDArray feedForward = FeedForward.apply(attended, up, activation, down);
    return outputNorm.forward(dropout.addTo(attended, feedForward));
  }
}
