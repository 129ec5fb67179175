package dev.counterpoint.core.generation;

import ai.djl.ndarray.NDArray;
import org.jspecify.annotations.Nullable;

/**
 * A language model in the course of reading, a row a text: what it has read so far is kept, so that
 * each call computes the new tokens only.
 */
public interface DecoderSession extends AutoCloseable {
  /**
   * Reads more tokens of every row.
   *
   * @param ids (rows, new tokens), int64
   * @param positions (rows, new tokens), int64: where in its text each token stands, from 0
   * @param mask (rows, tokens so far and new), 0 for padding; null where there is none
   * @return the logits of the token that follows, (rows, vocabulary)
   */
  NDArray read(NDArray ids, NDArray positions, @Nullable NDArray mask);

  /**
   * Lets rows go on from others.
   *
   * @param rows (rows), int64: which row each one was before
   */
  void select(NDArray rows);

  @Override
  void close();

  /** A model that can be read with. */
  @FunctionalInterface
  interface Model {
    /** A reading that has read nothing yet. */
    DecoderSession begin();
  }
}
