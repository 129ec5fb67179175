package dev.counterpoint.core.model;

import ai.djl.ndarray.NDArray;
import dev.counterpoint.core.kernel.operator.EmbeddingKernel;
import dev.counterpoint.core.parameter.Initializer;
import dev.counterpoint.core.parameter.Parameter;

/** A table of vectors, looked up by id: {@code torch.nn.Embedding}. */
public final class Embedding extends Layer implements UnaryLayer {
  private final Parameter weight;
  private final long paddingId;

  /** A table that starts normal with deviation 1, as in PyTorch. */
  public Embedding(int rows, int width) {
    this(rows, width, EmbeddingKernel.NO_PADDING, 1.0);
  }

  /**
   * A table with more to say.
   *
   * @param paddingId a row that gets no gradient, or {@link EmbeddingKernel#NO_PADDING}. Unlike
   *     PyTorch's, it does not start at zero.
   * @param deviation of the normal distribution that it starts from
   */
  public Embedding(int rows, int width, long paddingId, double deviation) {
    weight = Parameter.of(Initializer.normal(0, deviation), rows, width);
    this.paddingId = paddingId;
  }

  /**
   * Looks up each id.
   *
   * @param ids (...), int64, from 0 to rows, exclusive
   * @return (..., width)
   */
  @Override
  public NDArray forward(NDArray ids) {
    return seen(EmbeddingKernel.embed(ids, weight.value(), paddingId));
  }

  /** The table itself, (rows, width), for a layer that shares it. */
  public Parameter weight() {
    return weight;
  }

  /**
   * The first rows of the table: (count, width), as positions are looked up.
   *
   * @throws IllegalArgumentException where there are fewer; a slice of libtorch would end early
   */
  public NDArray first(long count) {
    long rows = weight.shape().get(0);
    if (count > rows) {
      throw new IllegalArgumentException(
          count + " rows are asked of " + weight.name() + ", which has " + rows + ".");
    }
    return count == rows ? weight.value() : weight.value().get(":" + count);
  }
}
