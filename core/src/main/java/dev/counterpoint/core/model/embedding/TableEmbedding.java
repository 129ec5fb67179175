package dev.counterpoint.core.model.embedding;

import dev.counterpoint.core.model.Embedding;
import dev.counterpoint.core.model.UnaryLayer;
import dev.counterpoint.core.settings.Checks;

/**
 * One vector for each token, {@code torch.nn.Embedding}, initialized from a normal distribution.
 *
 * @param deviation standard deviation of the initial values
 */
public record TableEmbedding(double deviation) implements EmbeddingConfig {
  public TableEmbedding {
    new Checks().positive("deviation", deviation).verify();
  }

  /** A deviation of 0.02, as in BERT and GPT-2. */
  public static TableEmbedding defaults() {
    return new TableEmbedding(0.02);
  }

  @Override
  public UnaryLayer build(int vocabularySize, int width) {
    return new Embedding(vocabularySize, width, deviation);
  }
}
