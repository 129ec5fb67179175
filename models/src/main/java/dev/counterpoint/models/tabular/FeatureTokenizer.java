package dev.counterpoint.models.tabular;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import dev.counterpoint.core.data.Batch;
import dev.counterpoint.core.data.DataSpec;
import dev.counterpoint.core.model.Layer;
import dev.counterpoint.core.parameter.Initializer;
import dev.counterpoint.core.parameter.Parameter;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Tokens of a row: the vector [CLS], x w + b for each numeric feature, and an embedding plus b for
 * each categorical column. All are initialized as in {@code rtdl}: uniform with bound 1 /
 * sqrt(width). In addition to {@code rtdl}, a text has one token, the mean of its embeddings plus
 * b.
 */
final class FeatureTokenizer extends Layer {
  private final Parameter first;
  private final @Nullable Parameter weight;
  private final @Nullable CategoryEmbedding categories;
  private final @Nullable TextEmbedding text;
  private final Parameter bias;

  FeatureTokenizer(DataSpec data, int width) {
    List<Integer> cardinalities = MlpModel.cardinalities(data, "ft-transformer");
    Initializer uniform = CategoryEmbedding.uniform(width);
    first = Parameter.of(uniform, width);
    weight = data.features() == 0 ? null : Parameter.of(uniform, data.features(), width);
    categories = cardinalities.isEmpty() ? null : new CategoryEmbedding(cardinalities, width);
    text = TextEmbedding.of(data, width);
    int tokens = data.features() + cardinalities.size() + (text == null ? 0 : 1);
    bias = Parameter.of(uniform, tokens, width);
  }

  /** Computes the tokens (batch, 1 + features + columns + texts, width), with [CLS] first. */
  NDArray forward(Batch batch) {
    NDList parts = new NDList();
    if (weight != null) {
      NDArray x = batch.features();
      parts.add(x.reshape(x.getShape().add(1)).mul(weight.value())); // (batch, features, width)
    }
    if (categories != null) {
      parts.add(categories.forward(batch.get(Batch.CATEGORIES))); // (batch, columns, width)
    }
    if (text != null) {
      parts.add(text.forward(batch).expandDims(1)); // (batch, 1, width)
    }
    NDArray tokens = parts.size() == 1 ? parts.get(0) : NDArrays.concat(parts, 1);
    NDArray cls = first.value().broadcast(new Shape(batch.size(), 1, first.shape().get(0)));
    return observe(NDArrays.concat(new NDList(cls, tokens.add(bias.value())), 1));
  }
}
