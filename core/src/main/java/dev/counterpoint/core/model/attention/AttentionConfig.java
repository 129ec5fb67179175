package dev.counterpoint.core.model.attention;

/**
 * Settings of an attention layer: {@code model.attention} in a run file. An implementation is a
 * record.
 */
@FunctionalInterface
public interface AttentionConfig {
  /** Creates the attention layer for one block of a model. */
  Attention build(BlockSpec block);

  /**
   * Properties of the block that contains an attention layer.
   *
   * @param width features per token
   * @param heads number of attention heads; divides the width
   * @param causal whether a token attends only to itself and to earlier tokens
   * @param dropout dropout probability of the attention weights during training
   */
  record BlockSpec(int width, int heads, boolean causal, double dropout) {}
}
