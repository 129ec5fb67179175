package dev.counterpoint.models.tabular;

import ai.djl.ndarray.NDArray;
import dev.counterpoint.core.kernel.operator.Functional;
import dev.counterpoint.core.model.Layer;
import dev.counterpoint.core.parameter.Initializer;
import dev.counterpoint.core.parameter.Parameter;
import java.util.List;

/**
 * Embeddings of categorical columns of the same width: one table whose rows are those of all
 * columns one after another. Initialized as in {@code rtdl}: uniform with bound 1 / sqrt(width).
 */
final class CategoryEmbedding extends Layer {
  private final Parameter weight;
  private final long[] offsets;

  /**
   * Creates the table.
   *
   * @param cardinalities the number of ids of each column
   */
  CategoryEmbedding(List<Integer> cardinalities, int width) {
    offsets = new long[cardinalities.size()];
    long rows = 0;
    for (int i = 0; i < offsets.length; i++) {
      offsets[i] = rows;
      rows += cardinalities.get(i);
    }
    weight = requireSizes(Parameter.of(uniform(width), rows, width));
  }

  /** Uniform distribution with bound 1 / sqrt(width). */
  static Initializer uniform(int width) {
    double bound = 1 / Math.sqrt(width);
    return Initializer.uniform(-bound, bound);
  }

  /**
   * Looks up the vectors of all columns.
   *
   * @param ids (batch, columns), int64, from 0 in each column
   * @return (batch, columns, width)
   */
  NDArray forward(NDArray ids) {
    NDArray rows = ids.add(ids.getManager().create(offsets)); // (batch, columns)
    return observe(Functional.embedding(rows, weight.value(), Functional.NO_PADDING));
  }
}
