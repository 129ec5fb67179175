package dev.counterpoint.core.model;

import ai.djl.ndarray.NDArray;

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
}
