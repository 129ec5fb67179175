package dev.counterpoint.core.model.attention;

import dev.counterpoint.core.model.position.RelativePositions;
import org.jspecify.annotations.Nullable;

/**
 * Settings of an attention layer: {@code model.attention} in a run file. An implementation is a
 * record.
 */
@FunctionalInterface
public interface AttentionConfig {
  /** Creates the attention layer for one block of a model. */
  Attention build(BlockSpec block);

  /** Whether the layer applies {@link BlockSpec#positions}; otherwise the model rejects them. */
  default boolean supportsRelativePositions() {
    return false;
  }

  /**
   * Properties of the block that contains an attention layer.
   *
   * @param width features per token
   * @param heads number of attention heads; divides the width
   * @param causal whether a token attends only to itself and to earlier tokens
   * @param dropout dropout probability of the attention weights during training
   * @param positions positions that act in attention; null if there are none
   */
  record BlockSpec(
      int width, int heads, boolean causal, double dropout, @Nullable RelativePositions positions) {
    /** A block without relative positions. */
    public BlockSpec(int width, int heads, boolean causal, double dropout) {
      this(width, heads, causal, dropout, null);
    }
  }
}
