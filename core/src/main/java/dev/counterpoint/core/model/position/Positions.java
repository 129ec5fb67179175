package dev.counterpoint.core.model.position;

import ai.djl.ndarray.NDArray;

/**
 * Positions of the tokens of a transformer. An implementation with parameters also extends {@link
 * dev.counterpoint.core.model.Layer}.
 */
@FunctionalInterface
public interface Positions {
  /**
   * Adds the vector of each position to the embedding of its token.
   *
   * @param x (batch, tokens, width)
   * @return (batch, tokens, width)
   */
  NDArray addTo(NDArray x);
}
