package dev.counterpoint.core.model.embedding;

import dev.counterpoint.core.model.UnaryLayer;

/**
 * Settings of the token embedding of a transformer: {@code model.embedding} in a run file. An
 * implementation is a record.
 */
@FunctionalInterface
public interface EmbeddingConfig {
  /**
   * Creates the embedding of a model: ids (batch, tokens), int64, to vectors (batch, tokens,
   * width). Its parameters are named {@code body.tokens}.
   *
   * @param vocabularySize number of different ids
   * @param width features per token
   */
  UnaryLayer build(int vocabularySize, int width);
}
