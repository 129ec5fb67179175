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
   * @param count (), number of rows that are not ignored, int64; or their total weight, float32
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
    return result("cross_entropy", smoothing, logits, labels);
  }

  /**
   * Computes the cross-entropy of examples that have weights, as does {@code
   * sklearn.metrics.log_loss} with {@code sample_weight}.
   *
   * @param logits (batch, ..., classes)
   * @param labels (batch, ...), int64, as above
   * @param weights (batch), float32
   */
  public static Result weighted(NDArray logits, NDArray labels, NDArray weights, double smoothing) {
    return result("weighted_cross_entropy", smoothing, logits, labels, weights);
  }

  private static Result result(String kernel, double smoothing, NDArray... inputs) {
    NDList results = Kernel.load(kernel, Map.of("smoothing", smoothing)).apply(inputs);
    return new Result(results.get(0), results.get(1));
  }
}
