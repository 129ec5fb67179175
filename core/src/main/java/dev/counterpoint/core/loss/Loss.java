package dev.counterpoint.core.loss;

import ai.djl.ndarray.NDArray;
import dev.counterpoint.core.data.Batch;

/** Loss function: training minimizes it. A loss that a run file names is a record of settings. */
@FunctionalInterface
public interface Loss {
  /**
   * The loss of one batch.
   *
   * @param output what the model's forward returned for the batch
   */
  LossSum of(NDArray output, Batch batch);
}
