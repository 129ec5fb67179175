package dev.counterpoint.core.model.pooling;

import ai.djl.ndarray.NDArray;
import org.jspecify.annotations.Nullable;

/**
 * Pooling: one vector for all tokens of an example. An implementation with parameters also extends
 * {@link dev.counterpoint.core.model.Layer}.
 */
@FunctionalInterface
public interface Pooling {
  /**
   * Pools the token vectors of each example.
   *
   * @param x (batch, tokens, width)
   * @param mask (batch, tokens), 1 for a token and 0 for padding, which must not count; null if
   *     there is no padding
   * @return (batch, width)
   */
  NDArray forward(NDArray x, @Nullable NDArray mask);
}
