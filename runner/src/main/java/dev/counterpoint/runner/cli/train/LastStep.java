package dev.counterpoint.runner.cli.train;

import dev.counterpoint.core.callback.Callback;
import dev.counterpoint.core.callback.StopSignal;
import dev.counterpoint.core.callback.TrainingStart;
import dev.counterpoint.core.data.Batch;

/**
 * Stops a run after a step. Unlike {@code training.maxSteps}, it does not change the schedule.
 *
 * @param last the step
 * @param validates whether the step is validated, as at the end of a run, or not, as after a signal
 */
record LastStep(long last, boolean validates, StopSignal stop) implements Callback.BeforeBatch {
  @Override
  public void onStart(TrainingStart start) {
    stopAt(start.step());
  }

  @Override
  public void beforeBatch(long step, int microBatch, Batch batch) {
    stopAt(step);
  }

  private void stopAt(long step) {
    if (step >= last && validates) {
      stop.request("step " + last);
    } else if (step >= last) {
      stop.interrupt("step " + last);
    }
  }
}
