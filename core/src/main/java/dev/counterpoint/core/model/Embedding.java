package dev.counterpoint.core.model;

import ai.djl.ndarray.NDArray;
import dev.counterpoint.core.kernel.operator.Functional;
import dev.counterpoint.core.parameter.Initializer;
import dev.counterpoint.core.parameter.Parameter;
import dev.counterpoint.core.settings.Formats;

/** Embedding table with lookup by id: {@code torch.nn.Embedding}. */
public final class Embedding extends Layer implements UnaryLayer {
  private final Parameter weight;
  private final long paddingId;

  /** Creates a table initialized from the standard normal distribution, as in PyTorch. */
  public Embedding(int rows, int width) {
    this(rows, width, 1.0);
  }

  /** Creates a table initialized from a normal distribution with the given standard deviation. */
  public Embedding(int rows, int width, double deviation) {
    this(rows, width, Functional.NO_PADDING, deviation);
  }

  /**
   * Creates a table with a padding row and a given standard deviation.
   *
   * @param paddingId the row that gets no gradient, or {@link Functional#NO_PADDING}. Unlike in
   *     PyTorch, it is not initialized to zero.
   * @param deviation standard deviation of the normal distribution that initializes the table
   */
  public Embedding(int rows, int width, long paddingId, double deviation) {
    weight = requireSizes(Parameter.of(Initializer.normal(0, deviation), rows, width));
    this.paddingId = paddingId;
  }

  /**
   * Looks up the vector of each id.
   *
   * @param ids (...), int64, from 0 (inclusive) to rows (exclusive)
   * @return (..., width)
   */
  @Override
  public NDArray forward(NDArray ids) {
    return observe(Functional.embedding(ids, weight.value(), paddingId));
  }

  /** The table, (rows, width), for layers that share it. */
  public Parameter weight() {
    return weight;
  }

  /**
   * The first rows of the table: (count, width), used for position embeddings.
   *
   * @throws IllegalArgumentException if the table has fewer rows; libtorch's slice would silently
   *     return fewer
   */
  public NDArray first(long count) {
    long rows = weight.shape().get(0);
    if (count > rows) {
      throw new IllegalArgumentException(
          Formats.of(
              "Cannot take the first %s rows of %s, which has only %s.",
              count, weight.name(), rows));
    }
    return count == rows ? weight.value() : weight.value().get(":" + count);
  }
}
