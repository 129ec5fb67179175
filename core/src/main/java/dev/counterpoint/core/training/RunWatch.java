package dev.counterpoint.core.training;

import ai.djl.ndarray.NDArray;
import dev.counterpoint.core.callback.Callback;
import dev.counterpoint.core.callback.StepReport;
import dev.counterpoint.core.data.Batch;
import java.util.function.Supplier;

/** What goes on around the steps of a run: callbacks are told, and checkpoints are saved. */
final class RunWatch implements StepWatch {
  private final RunOptions options;
  private final RunState state;
  private final Tally tally;
  private final Progress progress;
  private final Learner learner;
  private final TrainingData data;
  private boolean checked;

  /** What goes on, for a message should it fail. */
  private Supplier<String> place = () -> "the start";

  RunWatch(
      RunOptions options,
      RunState state,
      Tally tally,
      Progress progress,
      Learner learner,
      TrainingData data) {
    this.options = options;
    this.state = state;
    this.tally = tally;
    this.progress = progress;
    this.learner = learner;
    this.data = data;
  }

  /** What goes on, or went on until it failed. */
  String place() {
    return place.get();
  }

  void loading() {
    place = () -> "the items of step " + (progress.step() + 1);
  }

  void validating() {
    place = () -> "the validation after step " + progress.step();
  }

  void saving() {
    place = () -> "the checkpoint after step " + progress.step();
  }

  @Override
  public void beforeBatch(long step, int microBatch, Batch batch) {
    place = () -> "step " + step + ", micro-batch " + microBatch + " (" + batch + ")";
    for (Callback callback : options.callbacks()) {
      if (callback instanceof Callback.BeforeBatch watching) {
        watching.beforeBatch(step, microBatch, batch);
      }
    }
  }

  @Override
  public void beforeLoss(NDArray output, Batch batch) {
    if (!checked) {
      data.check(output, batch);
      checked = true;
    }
  }

  @Override
  public void afterStep(StepReport report) {
    place = () -> "what is reported and saved after step " + report.step();
    tally.add(report);
    options.callbacks().forEach(callback -> tell(callback, report));
    // At the end of an epoch it is saved when the validation is done too: whatever goes on from a
    // checkpoint finds all that belongs to its step in it.
    if (progress.stepInEpoch() < data.stepsPerEpoch()) {
      state.saveIfDue();
      loading();
    }
  }

  private void tell(Callback callback, StepReport report) {
    if (callback instanceof Callback.ObservesGradients watching
        && watching.wantsGradients(report.step())) {
      watching.onGradients(report.step(), learner.gradients().accumulated());
    }
    if (callback instanceof Callback.ObservesAverage watching && learner.average().isKept()) {
      watching.onAverage(learner.average().state());
    }
    callback.onStep(report);
  }
}
