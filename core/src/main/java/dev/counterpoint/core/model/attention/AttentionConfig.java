package dev.counterpoint.core.model.attention;

/**
 * The settings of an attention: {@code model.attention} in a run file. An implementation is a
 * record.
 */
@FunctionalInterface
public interface AttentionConfig {
  /** A new attention for one block of a model. */
  Attention build(Place place);

  /**
   * Where the attention stands.
   *
   * @param width numbers a token
   * @param heads divides the width
   * @param causal whether a token may look only at itself and what came before
   * @param dropout on the attention's weights, while training
   */
  record Place(int width, int heads, boolean causal, double dropout) {}
}
