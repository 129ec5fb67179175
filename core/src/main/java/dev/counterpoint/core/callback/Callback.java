package dev.counterpoint.core.callback;

import dev.counterpoint.core.parameter.Gradients;
import java.util.List;
import java.util.Map;

/**
 * Watches a run. A callback changes nothing of it; what it may do is ask for the end, through the
 * {@link StopSignal} it was built with.
 */
public interface Callback {
  default void onStart(TrainingStart start) {}

  default void onStep(StepReport report) {}

  default void onValidation(ValidationReport report) {}

  default void onCheckpoint(long step) {}

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

  /** A callback that must remember something when a run goes on: checkpoints keep its memory. */
  interface Remembering extends Callback {
    /** Numbers and texts by name. */
    Map<String, Object> memory();

    /** Takes back what {@link #memory()} gave; integers may come back as any kind of number. */
    void remember(Map<String, Object> memory);
  }
}
