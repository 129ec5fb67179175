package dev.counterpoint.models.tabular;

import ai.djl.ndarray.NDArray;
import dev.counterpoint.core.data.DataSpec;
import dev.counterpoint.core.data.TableSpec;
import dev.counterpoint.core.model.Activation;
import dev.counterpoint.core.parameter.Parameter;
import dev.counterpoint.core.settings.Checks;
import dev.counterpoint.core.settings.InvalidSettings;
import java.util.List;

/**
 * Piecewise-linear embeddings, "Q-LR" in arXiv 2203.05556: ReLU(Linear(e)), where the component of
 * e for the bin [a, b) is (x - a) / (b - a), at least 0 except in the first bin, and at most 1
 * except in the last. The bins are quantiles of the training split.
 */
public final class PiecewiseLinearEmbedding extends NumericEmbedding {
  /** The value that stands for no limit. */
  private static final float UNLIMITED = Float.MAX_VALUE;

  /** Scale, shift, lowest and highest value of each component: (4, features, bins). */
  private final Parameter bins;

  private final FeatureLinear linear;

  PiecewiseLinearEmbedding(Config config, List<List<Double>> boundaries) {
    int count = boundaries.stream().mapToInt(it -> it.size() - 1).max().orElseThrow();
    float[] values = values(boundaries, count);
    bins =
        Parameter.buffer(
            (manager, shape) -> manager.create(values, shape), 4, boundaries.size(), count);
    linear = new FeatureLinear(boundaries.size(), count, config.width());
  }

  /** The values of {@link #bins}; features with fewer bins get components that are always 0. */
  private static float[] values(List<List<Double>> boundaries, int count) {
    int size = boundaries.size() * count;
    float[] values = new float[4 * size];
    for (int i = 0; i < boundaries.size(); i++) {
      List<Double> bounds = boundaries.get(i);
      int last = bounds.size() - 2;
      for (int bin = 0; bin <= last; bin++) {
        int at = i * count + bin;
        double scale = 1 / (bounds.get(bin + 1) - bounds.get(bin));
        values[at] = (float) scale;
        values[size + at] = (float) (-bounds.get(bin) * scale);
        values[2 * size + at] = bin == 0 ? -UNLIMITED : 0;
        values[3 * size + at] = bin == last ? UNLIMITED : 1;
      }
    }
    return values;
  }

  @Override
  public NDArray forward(NDArray features) {
    NDArray x = features.reshape(features.getShape().add(1)); // (batch, features, 1)
    NDArray parts = bins.value();
    NDArray position = x.mul(parts.get(0)).add(parts.get(1)); // (batch, features, bins)
    NDArray encoded = position.maximum(parts.get(2)).minimum(parts.get(3));
    return Activation.RELU.forward(linear.forward(encoded));
  }

  /**
   * Settings of piecewise-linear embeddings.
   *
   * @param width the size of the vector of a feature
   */
  public record Config(int width) implements NumericEmbedding.Config {
    public Config {
      new Checks().size("width", width, 1 << 16).verify();
    }

    public static Config defaults() {
      return new Config(16);
    }

    @Override
    public NumericEmbedding build(DataSpec data) {
      TableSpec table = data.table();
      if (table == null) {
        throw new InvalidSettings(
            "model.embedding piecewise-linear needs data of type tabular, which has quantiles.");
      }
      return new PiecewiseLinearEmbedding(this, table.bins());
    }
  }
}
