package dev.counterpoint.core.loss;

import ai.djl.ndarray.NDArray;
import dev.counterpoint.core.data.Batch;
import dev.counterpoint.core.data.DataSpec;
import dev.counterpoint.core.settings.InvalidSettings;
import java.io.IOException;
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
   * Checks, before the first step, that the loss of a run file fits the data.
   *
   * @throws InvalidSettings if it does not
   * @throws IOException if a file of the loss cannot be read
   */
  default void check(DataSpec data) throws IOException {}

  /**
   * How the outputs of a model trained with this loss become predictions; empty, the default, if it
   * is not declared.
   */
  default Optional<OutputActivation> outputActivation() {
    return Optional.empty();
  }
}
