package dev.counterpoint.core.model;

/**
 * Settings of the feed-forward layer of a transformer block: {@code model.feedForward} in a run
 * file. An implementation is a record.
 */
@FunctionalInterface
public interface FeedForwardConfig {
  /**
   * Creates the feed-forward layer of one block: (batch, tokens, width) to (batch, tokens, width).
   * Its parameters are named as if they belonged to the block, whose own fields are attentionNorm,
   * attention, feedForwardNorm and dropout.
   *
   * @param width features per token
   * @param activation the activation of the model
   */
  UnaryLayer build(int width, Activation activation);
}
