package dev.counterpoint.core.loss;

import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import dev.counterpoint.core.data.Batch;
import dev.counterpoint.core.kernel.operator.CrossEntropyKernel;
import dev.counterpoint.core.settings.Checks;
import java.util.OptionalLong;
import java.util.stream.LongStream;

/**
 * Cross entropy of logits and class numbers: {@code torch.nn.functional.cross_entropy} with
 * reduction "sum". Labels of {@value #IGNORED} count neither in the sum nor in the weight.
 *
 * @param labelSmoothing the part of the target that is spread over all classes (Szegedy et al.
 *     2016)
 */
public record CrossEntropy(double labelSmoothing) implements Loss {
  /** The label that is ignored, as in PyTorch. */
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
   * @throws IllegalArgumentException if a row has no label, or a label is not a class
   */
  public LossSum of(NDArray logits, NDArray labels) {
    long classes = logits.getShape().tail();
    Targets.requireCount(logits.size() / classes, labels, logits, "row of the output");
    try {
      CrossEntropyKernel.Result result = CrossEntropyKernel.of(logits, labels, labelSmoothing);
      return new LossSum(result.sum(), result.count());
    } catch (EngineException e) {
      throw explained(labels, logits, e);
    }
  }

  /** The error for a label that is not a class, if there is one, otherwise that of libtorch. */
  private static RuntimeException explained(
      NDArray labels, NDArray logits, EngineException failure) {
    long classes = logits.getShape().tail();
    OptionalLong outside =
        LongStream.of(labels.toLongArray()) // device-to-host synchronization, after an error only
            .filter(label -> label != IGNORED && (label < 0 || label >= classes))
            .findFirst();
    return outside.isEmpty()
        ? failure
        : new IllegalArgumentException(
            "A label is "
                + outside.getAsLong()
                + ", and the output "
                + logits.getShape()
                + " is for those from 0 to "
                + (classes - 1)
                + ".",
            failure);
  }
}
