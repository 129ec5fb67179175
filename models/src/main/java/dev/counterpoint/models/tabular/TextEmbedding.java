package dev.counterpoint.models.tabular;

import ai.djl.ndarray.NDArray;
import dev.counterpoint.core.data.Batch;
import dev.counterpoint.core.data.DataSpec;
import dev.counterpoint.core.kernel.operator.Functional;
import dev.counterpoint.core.model.Layer;
import dev.counterpoint.core.parameter.Parameter;
import org.jspecify.annotations.Nullable;

/**
 * The mean of the embeddings of the tokens of a text: {@code torch.nn.EmbeddingBag}, but
 * initialized as {@link CategoryEmbedding}.
 */
final class TextEmbedding extends Layer {
  private final Parameter weight;

  private TextEmbedding(int tokens, int width) {
    weight = requireSizes(Parameter.of(CategoryEmbedding.uniform(width), tokens, width));
  }

  /** The embedding of the text column of the data; null if there is none. */
  static @Nullable TextEmbedding of(DataSpec data, int width) {
    return data.vocabularySize() == 0 ? null : new TextEmbedding(data.vocabularySize(), width);
  }

  /** Computes (batch, width). */
  NDArray forward(Batch batch) {
    NDArray tokens = Functional.embedding(batch.ids(), weight.value(), Functional.NO_PADDING);
    return observe(Functional.maskedMean(tokens, batch.mask()));
  }
}
