package dev.counterpoint.core.loss;

import ai.djl.ndarray.NDArray;
import dev.counterpoint.core.data.Batch;

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
}
