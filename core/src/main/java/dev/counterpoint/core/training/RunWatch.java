package dev.counterpoint.core.training;

import ai.djl.ndarray.NDArray;
import dev.counterpoint.core.callback.Callback;
import dev.counterpoint.core.callback.StepReport;
import dev.counterpoint.core.data.Batch;
import org.jspecify.annotations.Nullable;

/** What goes on around the steps of a run: callbacks are told, and checkpoints are saved. */
final class RunWatch implements StepWatch {
  private final RunOptions options;
  private final RunState state;
  private final Tally tally;
  private final Progress progress;
  private final Learner learner;
  private final TrainingData data;
  private boolean checked;
  private int microBatch;
  private @Nullable Batch batch;

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

  /** What is computed, or was until it failed. */
  String place() {
    return batch == null
        ? "the validation after step " + progress.step()
        : "step " + (progress.step() + 1) + ", micro-batch " + microBatch + " (" + batch + ")";
  }

  /** From now on no step is computed, until the next one is. */
  void validating() {
    batch = null;
  }

  @Override
  public void beforeBatch(long step, int microBatch, Batch batch) {
    this.microBatch = microBatch;
    this.batch = batch;
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
    tally.add(report);
    options.callbacks().forEach(callback -> tell(callback, report));
    // At the end of an epoch it is saved when the validation is done too: whatever goes on from a
    // checkpoint finds all that belongs to its step in it.
    if (progress.stepInEpoch() < data.stepsPerEpoch()) {
      state.saveIfDue();
    }
  }

  private void tell(Callback callback, StepReport report) {
    if (callback instanceof Callback.OfGradients watching
        && watching.wantsGradients(report.step())) {
      watching.onGradients(report.step(), learner.gradients().gathered());
    }
    if (callback instanceof Callback.OfAverage watching && learner.average().isKept()) {
      watching.onAverage(learner.average().state());
    }
    callback.onStep(report);
  }
}
