package dev.counterpoint.core.training;

import ai.djl.ndarray.NDArray;
import dev.counterpoint.core.callback.Callback;
import dev.counterpoint.core.callback.StepReport;
import dev.counterpoint.core.data.Batch;
import dev.counterpoint.core.data.StepBatch;
import dev.counterpoint.core.snapshot.AnomalyDetector;
import java.util.function.Supplier;

/** Dispatches events of the training loop to callbacks, the step guard and checkpoints. */
final class CallbackDispatcher {
  private final RunContext run;
  private final TrainState state;
  private final RunState saved;
  private final RunTotals totals;
  private boolean checked;

  /** Describes the current activity, for error messages. */
  private Supplier<String> position = () -> "the start";

  CallbackDispatcher(RunContext run, RunState saved, RunTotals totals) {
    this.run = run;
    this.state = run.state();
    this.saved = saved;
    this.totals = totals;
  }

  /** Describes the current activity, or the activity that failed. */
  String position() {
    return position.get();
  }

  void loading() {
    position = () -> "the examples of step " + (state.step() + 1);
  }

  void validating() {
    position = () -> "the validation after step " + state.step();
  }

  void saving() {
    position = () -> "the checkpoint after step " + state.step();
  }

  /** Called before the forward pass of a micro-batch (counted from 0) of the current step. */
  void beforeBatch(int microBatch, Batch batch) {
    long step = state.step() + 1;
    position = () -> "step " + step + ", micro-batch " + microBatch + " (" + batch + ")";
    if (run.options().detectAnomaly()) {
      batch
          .tensors()
          .forEach((name, x) -> AnomalyDetector.requireFinite("input " + name, x, position()));
    }
    for (Callback callback : run.options().callbacks()) {
      if (callback instanceof Callback.BeforeBatch observer) {
        observer.beforeBatch(step, microBatch, batch);
      }
    }
  }

  /** Called between the forward pass and the loss of a micro-batch. */
  void beforeLoss(NDArray output, Batch batch) {
    if (!checked) {
      run.data().check(output, batch);
      checked = true;
    }
    if (run.options().detectAnomaly()) {
      AnomalyDetector.requireFinite("output of the model", output, position());
    }
  }

  /** Called between backward pass and update, when the totals contain the gradient norm. */
  void beforeUpdate(StepTotals step, StepBatch batch) {
    saved.guard().inspect(step, batch);
  }

  /** Called after the update, with the step counted in the {@link TrainState}. */
  void afterStep(StepTotals step, StepBatch batch) {
    StepReport report =
        new StepReport(
            state.step(),
            state.epoch(),
            step.meanLoss(),
            step.weight(),
            step.learningRate(),
            step.norm(),
            batch.globalExamples(),
            step.tokens(),
            step.seconds(),
            batch.waitSeconds(),
            step.meanAuxiliary());
    position = () -> "the reports and the checkpoint after step " + report.step();
    totals.add(report);
    run.options().callbacks().forEach(callback -> notify(callback, report));
    totals.stopIfOver(state.config(), run.options().stop());
    if (!state.isEpochEnd()) { // At the end of an epoch the trainer saves.
      saved.saveIfDue();
      loading();
    }
  }

  private void notify(Callback callback, StepReport report) {
    if (callback instanceof Callback.ObservesGradients observer
        && observer.wantsGradients(report.step())) {
      observer.onGradients(report.step(), state.gradients().accumulated());
    }
    if (callback instanceof Callback.ObservesAverage observer && state.average().isKept()) {
      observer.onAverage(state.average().state());
    }
    callback.onStep(report);
  }
}
