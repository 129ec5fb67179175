package dev.counterpoint.core.model.position;

import ai.djl.ndarray.NDArray;
import dev.counterpoint.core.model.Embedding;
import dev.counterpoint.core.model.Layer;
import dev.counterpoint.core.model.Name;
import dev.counterpoint.core.settings.Checks;

/**
 * Learned positions: a trained vector for each position up to the maximum length (Gehring et al.
 * 2017). Initialized from a normal distribution with mean 0.
 */
public final class LearnedPositions extends Layer implements Positions {
  /** The vectors, (maxLength, width). */
  @Name("")
  private final Embedding table;

  /**
   * Creates the vectors.
   *
   * @param deviation standard deviation of the initial values
   */
  public LearnedPositions(int maxLength, int width, double deviation) {
    table = new Embedding(maxLength, width, deviation);
  }

  @Override
  public NDArray addTo(NDArray x) {
    return x.add(table.first(x.getShape().get(1)));
  }

  /**
   * Settings of learned position embeddings.
   *
   * @param deviation standard deviation of the normal distribution that initializes the vectors
   */
  public record Config(double deviation) implements PositionsConfig {
    public Config {
      new Checks().notNegative("deviation", deviation).verify();
    }

    /** Standard deviation 0.02, as in BERT and GPT-2. */
    public static Config defaults() {
      return new Config(0.02);
    }

    @Override
    public Positions build(Size size) {
      return new LearnedPositions(size.maxLength(), size.width(), deviation);
    }
  }
}
