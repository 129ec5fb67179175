package dev.counterpoint.models.tabular;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import dev.counterpoint.core.data.Batch;
import dev.counterpoint.core.data.DataSpec;
import dev.counterpoint.core.data.TableSpec;
import dev.counterpoint.core.loss.Loss;
import dev.counterpoint.core.model.Activation;
import dev.counterpoint.core.model.BaseModel;
import dev.counterpoint.core.model.Dropout;
import dev.counterpoint.core.model.Linear;
import dev.counterpoint.core.settings.InvalidSettings;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Multilayer perceptron for tables: hidden layers with ReLU and dropout over the concatenation of
 * numeric features, or their embeddings, the embeddings of categorical columns, and the mean of the
 * embeddings of the tokens of a text. Linear layers are initialized as in PyTorch.
 */
public final class MlpModel extends BaseModel {
  private final @Nullable NumericEmbedding numbers;
  private final @Nullable CategoryEmbedding categories;
  private final @Nullable TextEmbedding text;
  private final List<Linear> hidden;
  private final Linear head;
  private final TabularOutput output;
  private final Dropout dropout;

  public MlpModel(MlpConfig config, DataSpec data) {
    List<Integer> cardinalities = cardinalities(data, "mlp");
    NumericEmbedding.Config embedding = data.features() == 0 ? null : config.embedding();
    numbers = embedding == null ? null : embedding.build(data);
    categories =
        cardinalities.isEmpty()
            ? null
            : new CategoryEmbedding(cardinalities, config.categoryWidth());
    text = TextEmbedding.of(data, config.width());
    int inputs =
        data.features() * (embedding == null ? 1 : embedding.width())
            + cardinalities.size() * config.categoryWidth()
            + (text == null ? 0 : config.width());
    hidden =
        IntStream.range(0, config.layers())
            .mapToObj(i -> new Linear(i == 0 ? inputs : config.width(), config.width()))
            .toList();
    output = new TabularOutput(data);
    head = new Linear(config.width(), output.size());
    dropout = new Dropout(config.dropout());
  }

  /**
   * The number of ids of each categorical column.
   *
   * @throws InvalidSettings if the data has no columns of a table
   */
  static List<Integer> cardinalities(DataSpec data, String model) {
    TableSpec table = data.table();
    List<Integer> cardinalities = table == null ? List.of() : table.cardinalities();
    boolean hasText = table != null && data.vocabularySize() > 0;
    if (data.features() == 0 && cardinalities.isEmpty() && !hasText) {
      throw new InvalidSettings(
          "The model %s reads the columns of a table; this data has no features. Use data of type tabular.",
          model);
    }
    return cardinalities;
  }

  /** Computes logits (batch, classes) or numbers (batch, targets). */
  @Override
  public NDArray forward(Batch batch) {
    NDList parts = new NDList();
    if (batch.has(Batch.FEATURES)) {
      NDArray features = batch.features(); // (batch, features)
      parts.add(numbers == null ? features : flat(numbers.forward(features)));
    }
    if (categories != null) {
      parts.add(flat(categories.forward(batch.get(Batch.CATEGORIES))));
    }
    if (text != null) {
      parts.add(text.forward(batch)); // (batch, width)
    }
    NDArray x = parts.size() == 1 ? parts.get(0) : NDArrays.concat(parts, 1); // (batch, inputs)
    for (Linear layer : hidden) {
      x = dropout.forward(Activation.RELU.forward(layer.forward(x))); // (batch, width)
    }
    return output.forward(head.forward(x));
  }

  /** Joins the vectors of all columns: (batch, columns, width) to (batch, columns * width). */
  private static NDArray flat(NDArray vectors) {
    return vectors.reshape(vectors.getShape().get(0), -1);
  }

  @Override
  public Loss lossFunction() {
    return output.loss();
  }
}
