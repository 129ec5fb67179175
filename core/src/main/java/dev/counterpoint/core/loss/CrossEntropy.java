package dev.counterpoint.core.loss;

import ai.djl.ndarray.NDArray;
import dev.counterpoint.core.data.Batch;
import dev.counterpoint.core.kernel.CrossEntropyKernel;
import dev.counterpoint.core.settings.Checks;

/**
 * Cross entropy of logits and class numbers: {@code torch.nn.functional.cross_entropy} with
 * reduction "sum". Labels of {@value #IGNORED} do not count, neither in the sum nor in the weight.
 *
 * @param labelSmoothing the share of the target that is spread over all classes (Szegedy et al.
 *     2016)
 */
public record CrossEntropy(double labelSmoothing) implements Loss {
  /** The label of what does not count, as in PyTorch. */
  public static final int IGNORED = -100;

  public CrossEntropy {
    new Checks().within("labelSmoothing", labelSmoothing, 0, 1).verify();
  }

  /** Without smoothing. */
  public static CrossEntropy defaults() {
    return new CrossEntropy(0);
  }

  @Override
  public LossSum of(NDArray output, Batch batch) {
    return of(output, batch.labels());
  }

  /**
   * The loss of logits against labels.
   *
   * @param logits (..., classes)
   * @param labels (...), int64
   */
  public LossSum of(NDArray logits, NDArray labels) {
    long classes = logits.getShape().tail();
    Targets.requireCount(logits.size() / classes, labels, logits);
    CrossEntropyKernel.Result result = CrossEntropyKernel.of(logits, labels, labelSmoothing);
    return new LossSum(result.sum(), result.count().getLong());
  }
}
