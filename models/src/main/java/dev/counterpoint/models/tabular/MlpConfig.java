package dev.counterpoint.models.tabular;

import dev.counterpoint.core.data.DataSpec;
import dev.counterpoint.core.model.BaseModel;
import dev.counterpoint.core.model.ModelConfig;
import dev.counterpoint.core.settings.Checks;
import org.jspecify.annotations.Nullable;

/**
 * Settings of a multilayer perceptron for tables.
 *
 * @param width features of the hidden layers
 * @param layers number of hidden layers
 * @param dropout dropout probability after each hidden layer
 * @param categoryWidth size of the embedding of a categorical column
 * @param embedding embeddings of the numeric features; null to use the numbers as they are
 */
public record MlpConfig(
    int width,
    int layers,
    double dropout,
    int categoryWidth,
    NumericEmbedding.@Nullable Config embedding)
    implements ModelConfig {
  private static final int MAX_SIZE = 1 << 20;
  private static final int MAX_LAYERS = 10_000;

  public MlpConfig {
    new Checks()
        .size("width", width, MAX_SIZE)
        .size("layers", layers, MAX_LAYERS)
        .below("dropout", dropout, 0, 1)
        .size("categoryWidth", categoryWidth, MAX_SIZE)
        .verify();
  }

  /** Three hidden layers of width 256, without numeric embeddings. */
  public static MlpConfig defaults() {
    return new MlpConfig(256, 3, 0.1, 8, null);
  }

  @Override
  public BaseModel build(DataSpec data) {
    return new MlpModel(this, data);
  }
}
