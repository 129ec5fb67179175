package dev.counterpoint.models.tabular;

import ai.djl.ndarray.NDArray;
import dev.counterpoint.core.model.Layer;
import dev.counterpoint.core.parameter.Initializer;
import dev.counterpoint.core.parameter.Parameter;

/**
 * A separate linear layer for each feature: {@code NLinear} of {@code rtdl_num_embeddings}, with
 * its initialization, uniform with bound 1 / sqrt(inputs).
 */
final class FeatureLinear extends Layer {
  private final Parameter weight;
  private final Parameter bias;

  FeatureLinear(int features, int inputs, int outputs) {
    Initializer uniform = CategoryEmbedding.uniform(inputs);
    weight = requireSizes(Parameter.of(uniform, features, inputs, outputs));
    bias = Parameter.of(uniform, features, 1, outputs);
  }

  /**
   * Applies the layers.
   *
   * @param x (batch, features, inputs)
   * @return (batch, features, outputs)
   */
  NDArray forward(NDArray x) {
    NDArray byFeature = x.transpose(1, 0, 2); // (features, batch, inputs)
    NDArray y = byFeature.matMul(weight.value()).add(bias.value()); // (features, batch, outputs)
    return observe(y.transpose(1, 0, 2));
  }
}
