package dev.counterpoint.core.kernel.operator;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import dev.counterpoint.core.kernel.Kernel;
import java.util.Map;

/** Cross-entropy, {@code torch.nn.functional.cross_entropy} with reduction "sum". */
public final class CrossEntropyKernel {
  private CrossEntropyKernel() {}

  /**
   * Sum of the cross-entropy and number of rows.
   *
   * @param sum (), over all rows that are not ignored
   * @param count (), int64, number of rows that are not ignored
   */
  public record Result(NDArray sum, NDArray count) {}

  /**
   * Computes the cross-entropy of logits.
   *
   * @param logits (..., classes)
   * @param labels (...), int64, from 0; -100 for ignored rows, as in PyTorch
   * @param smoothing label smoothing, 0 to 1: the fraction of the target distributed evenly over
   *     all classes
   */
  public static Result of(NDArray logits, NDArray labels, double smoothing) {
    NDList results =
        Kernel.load("cross_entropy", Map.of("smoothing", smoothing)).apply(logits, labels);
    return new Result(results.get(0), results.get(1));
  }
}
