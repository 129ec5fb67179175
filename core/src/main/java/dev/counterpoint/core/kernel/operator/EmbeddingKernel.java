package dev.counterpoint.core.kernel.operator;

import ai.djl.ndarray.NDArray;
import dev.counterpoint.core.kernel.Kernel;
import java.util.Map;

/** Embedding lookup: {@code torch.nn.functional.embedding}. */
public final class EmbeddingKernel {
  /** No row is a padding row. */
  public static final long NO_PADDING = -1;

  private EmbeddingKernel() {}

  /**
   * Looks up rows of a table.
   *
   * @param ids (...), int64 or int32
   * @param weight (rows, width)
   * @param padding the row that gets no gradient, or {@link #NO_PADDING}
   * @return (..., width)
   */
  public static NDArray embed(NDArray ids, NDArray weight, long padding) {
    return Kernel.load("embedding", Map.of("padding", padding)).apply(ids, weight).get(0);
  }
}
