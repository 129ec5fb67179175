package dev.counterpoint.core.model.attention;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import dev.counterpoint.core.model.Layer;

/**
 * Self-attention over the tokens of each example. An implementation with parameters also extends
 * {@link Layer}; a run file selects it by its {@link AttentionConfig}.
 */
@FunctionalInterface
public interface Attention {
  /**
   * Computes attention for padded examples.
   *
   * @param x (batch, tokens, width)
   * @param mask (batch, tokens), 1 for a token and 0 for padding, which must not be attended to
   * @return (batch, tokens, width)
   */
  NDArray forward(NDArray x, NDArray mask);

  /**
   * Computes attention for examples without padding. Overridden by implementations that are faster
   * without a mask; the result must be the same.
   *
   * @param x (batch, tokens, width)
   * @return (batch, tokens, width)
   */
  default NDArray forward(NDArray x) {
    return forward(x, x.getManager().ones(new Shape(x.getShape().get(0), x.getShape().get(1))));
  }
}
