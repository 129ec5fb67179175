package dev.counterpoint.core.callback;

import ai.djl.ndarray.NDArray;
import dev.counterpoint.core.checkpoint.CheckpointStore;
import dev.counterpoint.core.data.Batch;
import dev.counterpoint.core.metric.Mode;
import dev.counterpoint.core.parameter.Gradients;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * Observes a training run. A callback does not change the training; it may request its end through
 * the {@link StopSignal} that it was built with. A callback whose state survives a restart also
 * implements {@link dev.counterpoint.core.checkpoint.Stateful}.
 */
public interface Callback {
  default void onStart(TrainingStart start) {}

  default void onStep(StepReport report) {}

  default void onValidation(ValidationReport report) {}

  /**
   * Called after a checkpoint was written to disk; the training may have continued in the meantime.
   *
   * @param step the step of the checkpoint
   */
  default void onCheckpoint(long step) {}

  /** Called after a snapshot of an unusual step was saved; the run continues. */
  default void onSnapshot(SnapshotReport report) {}

  default void onEnd(TrainingEnd end) {}

  /**
   * Called instead of {@link #onEnd} if a step, a validation or a checkpoint fails. Its own failure
   * is attached to that one.
   */
  default void onFailure(RuntimeException failure) {}

  /**
   * A callback that receives the gradients of selected steps as the optimizer used them: scaled and
   * clipped.
   */
  interface ObservesGradients extends Callback {
    /** Whether to pass the gradients of a step to this callback; called after the step. */
    boolean wantsGradients(long step);

    /**
     * Receives the gradients, before {@link #onStep}. They are valid until the next step.
     *
     * @param gradients the gradients of the parameters that took part in the step
     */
    void onGradients(long step, List<Gradients.Gradient> gradients);
  }

  /** A callback that receives the averaged weights, if the run averages them. */
  interface ObservesAverage extends Callback {
    /**
     * Receives the averaged weights after a step, before {@link #onStep}.
     *
     * @param averages the averaged weights by parameter name; not copies, must not be modified
     */
    void onAverage(Map<String, NDArray> averages);
  }

  /** A callback that monitors one validation metric. */
  interface MonitorsMetric extends Callback {
    /** The name of the metric, as in the validation rows; a run without this metric is rejected. */
    String metric();

    /**
     * Receives the mode of the metric before the first step and before {@code loadState}; empty if
     * the metric does not declare it.
     */
    default void onMode(Optional<Mode> declared) {}
  }

  /** A callback that writes files in the run directory. */
  interface Flushable extends Callback {
    /**
     * Flushes everything written so far to disk. Called before a checkpoint of the same steps is
     * written, by another thread than the other methods, which may be called at the same time.
     *
     * @throws IOException if the flush fails; the checkpoint is then not written
     */
    void sync() throws IOException;
  }

  /** A callback that receives each micro-batch before its forward pass. */
  interface BeforeBatch extends Callback {
    /**
     * Called before the forward pass of a micro-batch.
     *
     * @param step the step, counted from 1
     * @param microBatch the micro-batch, counted from 0 within the step
     * @param batch the micro-batch; must not be modified; valid until the end of the step
     */
    void beforeBatch(long step, int microBatch, Batch batch);
  }

  /** A callback that selects the result of the run, instead of the model of the last step. */
  interface SelectsResult extends Callback {
    /** Returns the checkpoint whose model is the result; empty for the model of the last step. */
    CheckpointStore.Found selected() throws IOException;

    /** Returns the step of the best model; empty if the result is the model of the last step. */
    OptionalLong selectedStep();
  }
}
