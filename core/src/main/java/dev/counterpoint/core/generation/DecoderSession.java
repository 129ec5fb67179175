package dev.counterpoint.core.generation;

import ai.djl.ndarray.NDArray;
import org.jspecify.annotations.Nullable;

/**
 * Incremental decoding with a causal language model, one row per sequence. The state of the tokens
 * processed so far is cached, so each call computes only the new tokens.
 */
public interface DecoderSession extends AutoCloseable {
  /**
   * Processes new tokens of every row.
   *
   * @param ids (rows, new tokens), int64
   * @param positions (rows, new tokens), int64: the position of each token in its sequence, from 0
   * @param mask (rows, tokens so far and new), 0 for padding; null if there is no padding
   * @return logits of the next token, (rows, vocabulary)
   */
  NDArray forward(NDArray ids, NDArray positions, @Nullable NDArray mask);

  /**
   * Reorders the cached rows, as after a beam-search step.
   *
   * @param rows (rows), int64: the previous index of each row
   */
  void reorder(NDArray rows);

  @Override
  void close();

  /** Causal language model that can decode incrementally. */
  @FunctionalInterface
  interface Model {
    /** Creates a session with an empty cache. */
    DecoderSession newSession();
  }
}
