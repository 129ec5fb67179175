package dev.counterpoint.models.tabular;

import ai.djl.ndarray.NDArray;
import dev.counterpoint.core.data.DataSpec;
import dev.counterpoint.core.model.Activation;
import dev.counterpoint.core.parameter.Initializer;
import dev.counterpoint.core.parameter.Parameter;
import dev.counterpoint.core.settings.Checks;

/**
 * Periodic embeddings, "PLR" in arXiv 2203.05556: ReLU(Linear([cos(2 pi c x), sin(2 pi c x)])) with
 * trained frequencies c, and a linear layer for each feature.
 */
public final class PeriodicEmbedding extends NumericEmbedding {
  private final Parameter frequencies;
  private final FeatureLinear linear;

  PeriodicEmbedding(Config config, int features) {
    frequencies =
        Parameter.of(Initializer.normal(0, config.deviation()), features, config.frequencies());
    linear = new FeatureLinear(features, 2 * config.frequencies(), config.width());
  }

  @Override
  public NDArray forward(NDArray features) {
    NDArray x = features.reshape(features.getShape().add(1)); // (batch, features, 1)
    NDArray angles = frequencies.value().mul(2 * (float) Math.PI).mul(x);
    return Activation.RELU.forward(linear.forward(angles.cos().concat(angles.sin(), 2)));
  }

  /**
   * Settings of periodic embeddings.
   *
   * @param width the size of the vector of a feature
   * @param frequencies the number of frequencies of a feature
   * @param deviation the standard deviation of the normal distribution that initializes the
   *     frequencies: the most important setting
   */
  public record Config(int width, int frequencies, double deviation)
      implements NumericEmbedding.Config {
    private static final int MAX_SIZE = 1 << 16;

    public Config {
      new Checks()
          .size("width", width, MAX_SIZE)
          .size("frequencies", frequencies, MAX_SIZE)
          .positive("deviation", deviation)
          .verify();
    }

    public static Config defaults() {
      return new Config(24, 48, 0.1);
    }

    @Override
    public NumericEmbedding build(DataSpec data) {
      return new PeriodicEmbedding(this, data.features());
    }
  }
}
