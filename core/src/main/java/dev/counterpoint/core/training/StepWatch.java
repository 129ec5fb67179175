package dev.counterpoint.core.training;

import ai.djl.ndarray.NDArray;
import dev.counterpoint.core.callback.StepReport;
import dev.counterpoint.core.data.Batch;

/** Is told by the loop what it does. */
interface StepWatch {
  /** A micro-batch (counted from 0) of a step (counted from 1) is about to be computed. */
  void beforeBatch(long step, int microBatch, Batch batch);

  /** The output of a micro-batch is there, its loss is not. */
  void beforeLoss(NDArray output, Batch batch);

  /** A step is done. */
  void afterStep(StepReport report);
}
