package dev.counterpoint.core.loss;

import ai.djl.ndarray.NDArray;
import dev.counterpoint.core.data.Batch;
import java.util.Optional;

/**
 * Loss function: training minimizes it. A loss that can be used in a run file is a record of its
 * settings.
 */
@FunctionalInterface
public interface Loss {
  /**
   * Computes the loss of one batch.
   *
   * @param output the output of the model's forward pass for the batch
   */
  LossSum of(NDArray output, Batch batch);

  /**
   * How the outputs of a model trained with this loss become predictions; empty, the default, if it
   * is not declared.
   */
  default Optional<OutputActivation> outputActivation() {
    return Optional.empty();
  }
}
