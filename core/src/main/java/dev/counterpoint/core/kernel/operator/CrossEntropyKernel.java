package dev.counterpoint.core.kernel.operator;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import dev.counterpoint.core.kernel.Kernel;
import java.util.Map;

/** {@code torch.nn.functional.cross_entropy} with reduction "sum". */
public final class CrossEntropyKernel {
  private CrossEntropyKernel() {}

  /**
   * A cross entropy.
   *
   * @param sum (), over the rows that count
   * @param count (), int64, how many those are
   */
  public record Result(NDArray sum, NDArray count) {}

  /**
   * The cross entropy of logits.
   *
   * @param logits (..., classes)
   * @param labels (...), int64, from 0; PyTorch's -100 for rows that do not count
   * @param smoothing from 0 to 1: the part of the target that all classes share
   */
  public static Result of(NDArray logits, NDArray labels, double smoothing) {
    NDList results =
        Kernel.load("cross_entropy", Map.of("smoothing", smoothing)).apply(logits, labels);
    return new Result(results.get(0), results.get(1));
  }
}
