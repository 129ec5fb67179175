package dev.counterpoint.core.model.position;

import ai.djl.ndarray.NDArray;
import org.jspecify.annotations.Nullable;

/**
 * Positions that act in the attention of every block and are not added to embeddings. They must not
 * have parameters if the model uses activation checkpointing.
 */
public interface RelativePositions extends Positions {
  @Override
  default NDArray addTo(NDArray x) {
    return x;
  }

  /**
   * Rotates queries or keys.
   *
   * @param x (batch, tokens, width); the features of each head are next to each other
   * @return (batch, tokens, width)
   */
  default NDArray rotate(NDArray x) {
    return x;
  }

  /**
   * The bias that is added to the attention scores; null for none.
   *
   * @param x (batch, tokens, width), the input of attention
   * @return (heads, queries, keys), float32, with as many queries and keys as tokens
   */
  default @Nullable NDArray bias(NDArray x) {
    return null;
  }
}
