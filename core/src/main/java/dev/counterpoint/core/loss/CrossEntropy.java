package dev.counterpoint.core.loss;

import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import dev.counterpoint.core.data.Batch;
import dev.counterpoint.core.kernel.operator.CrossEntropyKernel;
import dev.counterpoint.core.settings.Checks;
import dev.counterpoint.core.settings.Formats;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/**
 * Cross-entropy loss over class logits: {@code torch.nn.functional.cross_entropy} with reduction
 * "sum". Labels of {@value #IGNORED} count neither in the sum nor in the weight. An example counts
 * {@link Batch#WEIGHTS} times if the batch has weights.
 *
 * @param labelSmoothing the part of the target probability that is spread evenly over all classes,
 *     from 0 to 1 (Szegedy et al. 2016)
 */
public record CrossEntropy(double labelSmoothing) implements Loss {
  /** The label value that is ignored: PyTorch's default {@code ignore_index}. */
  public static final int IGNORED = -100;

  public CrossEntropy {
    new Checks().within("labelSmoothing", labelSmoothing, 0, 1).verify();
  }

  /** Cross entropy without label smoothing. */
  public static CrossEntropy defaults() {
    return new CrossEntropy(0);
  }

  @Override
  public Optional<OutputActivation> outputActivation() {
    return Optional.of(OutputActivation.SOFTMAX);
  }

  @Override
  public LossSum of(NDArray output, Batch batch) {
    return of(output, batch.labels(), batch.has(Batch.WEIGHTS) ? batch.get(Batch.WEIGHTS) : null);
  }

  /**
   * Computes the loss.
   *
   * @param logits (..., classes)
   * @param labels (...), int64: class indices from 0, or {@value #IGNORED}
   * @throws dev.counterpoint.core.settings.InvalidSettings if the number of labels differs from the
   *     number of logit rows
   * @throws IllegalArgumentException if a label is not a class index
   */
  public LossSum of(NDArray logits, NDArray labels) {
    return of(logits, labels, null);
  }

  private LossSum of(NDArray logits, NDArray labels, @Nullable NDArray weights) {
    Targets.requireClasses(labels, logits, "cross-entropy");
    try {
      CrossEntropyKernel.Result result =
          weights == null
              ? CrossEntropyKernel.of(logits, labels, labelSmoothing)
              : CrossEntropyKernel.weighted(logits, labels, weights, labelSmoothing);
      return new LossSum(result.sum(), result.count());
    } catch (EngineException e) {
      throw explain(labels, logits, e);
    }
  }

  /** An error that names an invalid label, or the failure itself if all labels are valid. */
  private static RuntimeException explain(NDArray labels, NDArray logits, EngineException failure) {
    long classes = logits.getShape().tail();
    OptionalLong outside =
        LongStream.of(labels.toLongArray()) // device-to-host synchronization, after an error only
            .filter(label -> label != IGNORED && (label < 0 || label >= classes))
            .findFirst();
    return outside.isEmpty()
        ? failure
        : new IllegalArgumentException(
            Formats.of(
                "Label %s is out of range: the output %s has classes from 0 to %s.",
                outside.getAsLong(), logits.getShape(), classes - 1),
            failure);
  }
}
