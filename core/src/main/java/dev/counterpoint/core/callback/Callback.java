package dev.counterpoint.core.callback;

import ai.djl.ndarray.NDArray;
import dev.counterpoint.core.checkpoint.CheckpointStore;
import dev.counterpoint.core.data.Batch;
import dev.counterpoint.core.parameter.Gradients;
import java.io.IOException;
import java.util.List;
import java.util.Map;

/**
 * Observes a run. A callback does not change the training; it may request its end, through the
 * {@link StopSignal} it was built with. A callback whose state survives a restart also implements
 * {@link dev.counterpoint.core.checkpoint.Stateful}.
 */
public interface Callback {
  default void onStart(TrainingStart start) {}

  default void onStep(StepReport report) {}

  default void onValidation(ValidationReport report) {}

  /** Called when a checkpoint is on the disk; the training may have continued meanwhile. */
  default void onCheckpoint(long step) {}

  /** Called when a snapshot of an unusual step was saved; the run continues. */
  default void onSnapshot(SnapshotReport report) {}

  default void onEnd(TrainingEnd end) {}

  /**
   * A callback that receives the gradients of some steps as the optimizer used them: scaled and
   * clipped.
   */
  interface ObservesGradients extends Callback {
    /** Whether to pass the gradients of a step; called after the step. */
    boolean wantsGradients(long step);

    /**
     * Receives the gradients, before {@link #onStep}. They are valid until the next step.
     *
     * @param gradients of the parameters that took part
     */
    void onGradients(long step, List<Gradients.Gradient> gradients);
  }

  /** A callback that receives the average of the weights, if the run has one. */
  interface ObservesAverage extends Callback {
    /**
     * Receives the average after a step, before {@link #onStep}.
     *
     * @param averages by name, the arrays themselves, to be read only
     */
    void onAverage(Map<String, NDArray> averages);
  }

  /** A callback that monitors one metric of the validations. */
  interface MonitorsMetric extends Callback {
    /** The name of the metric, as in the validation rows; a run without it is rejected. */
    String measure();
  }

  /** A callback that writes a file in the run directory. */
  interface Flushable extends Callback {
    /**
     * Returns when everything written up to now is on the disk. Called before a checkpoint of these
     * steps is written, by another thread, while further steps may be reported.
     */
    void sync() throws IOException;
  }

  /** A callback that receives each micro-batch before it is computed. */
  interface BeforeBatch extends Callback {
    /**
     * Called before a micro-batch is computed.
     *
     * @param step counted from 1
     * @param microBatch counted from 0 within the step
     * @param batch to be read only; valid until the end of the step
     */
    void beforeBatch(long step, int microBatch, Batch batch);
  }

  /** A callback that selects a better result of the run than the model of the last step. */
  interface SelectsResult extends Callback {
    /** The checkpoint whose model is the result; none if the model of the last step is. */
    CheckpointStore.Found chosen() throws IOException;
  }
}
