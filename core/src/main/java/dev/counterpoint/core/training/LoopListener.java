package dev.counterpoint.core.training;

import ai.djl.ndarray.NDArray;
import dev.counterpoint.core.data.Batch;
import dev.counterpoint.core.data.StepBatch;

/** Observes the training loop. An exception of any method ends the run. */
interface LoopListener {
  /** Called before the forward pass of a micro-batch (counted from 0) of the current step. */
  void beforeBatch(int microBatch, Batch batch);

  /** Called between the forward pass and the loss of a micro-batch. */
  void beforeLoss(NDArray output, Batch batch);

  /** Called between backward pass and update, when the totals contain the gradient norm. */
  void beforeUpdate(StepTotals totals, StepBatch batch);

  /** Called after the update, with the step counted in the {@link TrainState}. */
  void afterStep(StepTotals totals, StepBatch batch);
}
