package dev.counterpoint.core.model.embedding;

import ai.djl.ndarray.NDArray;
import dev.counterpoint.core.model.Embedding;
import dev.counterpoint.core.model.Layer;
import dev.counterpoint.core.model.Linear;
import dev.counterpoint.core.model.UnaryLayer;
import dev.counterpoint.core.settings.Checks;

/**
 * Short vectors for the tokens and a linear layer to the width of the model, as in ALBERT (Lan et
 * al. 2019, section 3.1): a large vocabulary takes far fewer parameters. The vectors are
 * initialized from a normal distribution with deviation 0.02, the layer as {@link Linear}.
 */
public final class FactorizedEmbedding extends Layer implements UnaryLayer {
  private static final double DEVIATION = 0.02;

  private final Embedding table;
  private final Linear projection;

  /**
   * Creates an embedding.
   *
   * @param size features of the short vectors
   * @param width features per token
   */
  public FactorizedEmbedding(int vocabularySize, int size, int width) {
    table = new Embedding(vocabularySize, size, DEVIATION);
    projection = new Linear(size, width);
  }

  /**
   * Computes the vector of each token.
   *
   * @param ids (batch, tokens), int64
   * @return (batch, tokens, width)
   */
  @Override
  public NDArray forward(NDArray ids) {
    return projection.forward(table.forward(ids));
  }

  /**
   * Settings of a factorized embedding.
   *
   * @param size features of the short vectors
   */
  public record Config(int size) implements EmbeddingConfig {
    private static final int MAX_SIZE = 1 << 20;

    public Config {
      new Checks().size("size", size, MAX_SIZE).verify();
    }

    @Override
    public UnaryLayer build(int vocabularySize, int width) {
      return new FactorizedEmbedding(vocabularySize, size, width);
    }
  }
}
