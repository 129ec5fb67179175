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

  /** A checkpoint is on the disk; steps may have been made since. */
  default void onCheckpoint(long step) {}

  /** A step was kept to be looked at; the run goes on. */
  default void onCapsule(CapsuleReport report) {}

  default void onEnd(TrainingEnd end) {}

  /**
   * A callback that looks at the gradients of some steps, as they were used: scaled and clipped.
   */
  interface OfGradients extends Callback {
    /** Whether it wants those of a step; asked after the step is made. */
    boolean wantsGradients(long step);

    /**
     * Shows them, before {@link #onStep}. They are gone with the next step.
     *
     * @param gradients of the parameters that took part
     */
    void onGradients(long step, List<Gradients.Gradient> gradients);
  }

  /** A callback that looks at the average of the weights, where the run keeps one. */
  interface OfAverage extends Callback {
    /**
     * Shows it as a step has left it, before {@link #onStep}.
     *
     * @param averages by name, the arrays themselves: to be looked at, not kept
     */
    void onAverage(Map<String, NDArray> averages);
  }

  /** A callback that goes by one measure of the validations. */
  interface Measuring extends Callback {
    /** Its name, as in the validation rows; a run that does not measure it does not begin. */
    String measure();
  }

  /** A callback that has a file of its own in the run directory. */
  interface Writing extends Callback {
    /**
     * Returns when all that it has written so far is on the disk itself. A checkpoint of these
     * steps is about to be made: a run that goes on from it has them behind it. Called from another
     * thread, while it may be told of further steps.
     */
    void sync() throws IOException;
  }

  /** A callback that is told before each micro-batch of a step what is about to be computed. */
  interface BeforeBatch extends Callback {
    /**
     * A micro-batch is about to be computed.
     *
     * @param step counted from 1
     * @param microBatch counted from 0 within the step
     * @param batch to be looked at, not kept
     */
    void beforeBatch(long step, int microBatch, Batch batch);
  }

  /** A callback that knows a better result of the run than the model of its last step. */
  interface Choosing extends Callback {
    /** The checkpoint whose model is the run's result; none where that is the model as it is. */
    CheckpointStore.Found chosen() throws IOException;
  }
}
