package dev.counterpoint.core.model;

import ai.djl.ndarray.NDArray;
import dev.counterpoint.core.kernel.EmbeddingKernel;
import dev.counterpoint.core.parameter.Initializer;
import dev.counterpoint.core.parameter.Parameter;

/** A table of vectors, looked up by id: {@code torch.nn.Embedding}. */
public final class Embedding extends Layer implements UnaryLayer {
  private static final int NO_PADDING = -1;

  private final Parameter weight;
  private final EmbeddingKernel kernel;

  /** A table that starts normal with deviation 1, as in PyTorch. */
  public Embedding(int rows, int width) {
    this(rows, width, NO_PADDING, 1.0);
  }

  /**
   * A table with more to say.
   *
   * @param paddingId a row that gets no gradient, or -1. Unlike PyTorch's, it does not start at zero.
   * @param deviation of the normal distribution that it starts from
   */
  public Embedding(int rows, int width, int paddingId, double deviation) {
    weight = Parameter.of(Initializer.normal(0, deviation), rows, width);
    kernel = EmbeddingKernel.withPadding(paddingId);
  }

  /**
   * Looks up each id.
   *
   * @param ids (...), int64, from 0 to rows, exclusive
   * @return (..., width)
   */
  @Override
  public NDArray forward(NDArray ids) {
    return kernel.forward(weight.value(), ids);
  }

  /** The first rows of the table: (count, width), as positions are looked up. */
  public NDArray first(long count) {
    return weight.value().get(":" + count);
  }
}
