package dev.counterpoint.core.model.attention;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import dev.counterpoint.core.model.Layer;

/**
 * How the tokens of an item look at each other. One that has parameters extends {@link Layer} as
 * well; a run file names its {@link AttentionConfig}.
 */
@FunctionalInterface
public interface Attention {
  /**
   * Mixes the tokens.
   *
   * @param x (batch, tokens, width)
   * @param mask (batch, tokens), 1 for a token and 0 for padding, which must not be looked at
   * @return (batch, tokens, width)
   */
  NDArray forward(NDArray x, NDArray mask);

  /**
   * Mixes the tokens of items none of which has padding. One that computes the same faster without
   * a mask says how.
   *
   * @param x (batch, tokens, width)
   * @return (batch, tokens, width)
   */
  default NDArray forward(NDArray x) {
    return forward(x, x.getManager().ones(new Shape(x.getShape().get(0), x.getShape().get(1))));
  }
}
