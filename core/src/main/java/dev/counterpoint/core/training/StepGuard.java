package dev.counterpoint.core.training;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import dev.counterpoint.core.callback.SnapshotReport;
import dev.counterpoint.core.data.Batch;
import dev.counterpoint.core.data.StepBatch;
import dev.counterpoint.core.distributed.RankCoordinator;
import dev.counterpoint.core.kernel.Kernel;
import dev.counterpoint.core.parameter.Parameter;
import dev.counterpoint.core.settings.Formats;
import dev.counterpoint.core.snapshot.AnomalyDetector;
import dev.counterpoint.core.snapshot.StepSnapshot;
import dev.counterpoint.core.snapshot.StepSnapshots;
import dev.counterpoint.core.training.failure.ExampleNames;
import dev.counterpoint.core.training.failure.GradientHistory;
import dev.counterpoint.core.training.failure.NotFiniteException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Checks each step before its update. A loss or gradient that is not finite ends the run; a
 * gradient norm far above the norms of the last steps is reported. In both cases a snapshot of the
 * step is saved, if the run has fewer snapshots than its limit.
 */
final class StepGuard {
  private static final int MAX_NAMED_EXAMPLES = 8;

  private final RunContext run;
  private final TrainState state;
  private final RankCoordinator ranks;
  private final GradientHistory history = new GradientHistory();

  /** The last step after which all weights were found finite. */
  private long finiteStep = -1;

  StepGuard(RunContext run) {
    this.run = run;
    this.state = run.state();
    this.ranks = run.ranks();
  }

  /**
   * Checks a step.
   *
   * @throws NotFiniteException if its loss or gradient is not finite
   */
  void inspect(StepTotals step, StepBatch batch) {
    if (!Double.isFinite(step.meanLoss()) || !Double.isFinite(step.norm())) {
      throw failure(step, batch);
    }
    double median = history.medianBefore(step.norm());
    if (step.norm() > GradientHistory.FACTOR * median) {
      String reason =
          Formats.of(
              "The gradient norm of step %d is %.4g; the median of the %d previous steps is %.4g.",
              state.step() + 1, step.norm(), GradientHistory.STEPS, median);
      Path saved = ranks.isRankZero() ? saveSnapshot(step, batch, reason) : null;
      if (saved != null) {
        SnapshotReport report = new SnapshotReport(state.step() + 1, reason, saved);
        run.options().callbacks().forEach(callback -> callback.onSnapshot(report));
      }
    }
  }

  /**
   * The exception, with the same message in all ranks. The message and the snapshot are from the
   * lowest rank whose loss is not finite, or from rank 0 if all losses are finite.
   */
  private NotFiniteException failure(StepTotals step, StepBatch batch) {
    boolean own = step.notFiniteBatch() >= 0;
    RankCoordinator.RankText failed = ranks.firstText(own ? "" : null);
    String reason = null;
    String folder = null;
    if (step.rank() == (failed == null ? 0 : failed.rank())) {
      reason = notFinite(step, batch);
      Path saved = saveSnapshot(step, batch, reason);
      folder = saved == null ? null : saved.toString();
    }
    String message = ranks.onlyText(reason);
    RankCoordinator.RankText snapshot = ranks.firstText(folder);
    return new NotFiniteException(message, snapshot == null ? null : snapshot.text());
  }

  /**
   * Checks that all weights are finite, before a validation or a checkpoint.
   *
   * @throws NotFiniteException naming the first parameter with a value that is not finite
   */
  void requireFiniteWeights(long step) {
    if (step == finiteStep) {
      return;
    }
    List<Parameter> parameters =
        state.model().parameters().stream()
            .filter(parameter -> parameter.trainable() && parameter.shape().size() > 0)
            .toList();
    List<NDArray> values = parameters.stream().map(Parameter::value).toList();
    // device-to-host synchronization: one norm for each parameter
    float[] norms = Kernel.load("gradients").compute("norms", values, Double.POSITIVE_INFINITY);
    for (int i = 0; i < norms.length; i++) {
      if (!Float.isFinite(norms[i])) {
        throw new NotFiniteException(
            Formats.of(
                "After step %s the model is not finite: %s contains NaN or infinity. The"
                    + " model was not saved. Lower the learning rate.",
                step, parameters.get(i).name()));
      }
    }
    finiteStep = step;
  }

  /**
   * Saves a snapshot.
   *
   * @return its folder; null if the run saves none, has reached its limit, or cannot write it
   */
  private @Nullable Path saveSnapshot(StepTotals step, StepBatch batch, String reason) {
    StepSnapshots snapshots = run.options().snapshots();
    try {
      if (snapshots == null || !snapshots.hasRoom()) {
        return null;
      }
      return snapshots.save(
          snapshot(step, batch, reason), state.model().parameters(), batch.microBatches());
    } catch (IOException e) {
      return null; // a full disk must not end the run
    }
  }

  private StepSnapshot snapshot(StepTotals step, StepBatch batch, String reason) {
    List<StepSnapshot.Sizes> batches = batch.microBatches().stream().map(StepGuard::sizes).toList();
    return new StepSnapshot(
        state.step() + 1,
        run.options().seed(),
        step.rank(),
        reason,
        step.meanLoss(),
        step.norm(),
        Arrays.stream(batch.indices()).mapToObj(run.data()::origin).toList(),
        batches);
  }

  private static StepSnapshot.Sizes sizes(Batch batch) {
    return new StepSnapshot.Sizes(batch.size(), batch.tokens());
  }

  private String notFinite(StepTotals step, StepBatch batch) {
    return Formats.of(
        "The %s is not finite at step %d (epoch %d, step %d of it)%s: loss %s, gradient norm %s."
            + " The update was skipped. Examples of the step: %s.%s",
        Double.isFinite(step.meanLoss()) ? "gradient" : "loss",
        state.step() + 1,
        state.epoch(),
        state.stepInEpoch() + 1,
        (ranks.isSingleProcess() ? "" : ", on rank " + step.rank())
            + (step.notFiniteBatch() < 0 ? "" : ", micro-batch " + step.notFiniteBatch()),
        step.meanLoss(),
        step.norm(),
        origins(batch, step.notFiniteBatch()),
        step.ownWeight() == 0
            ? " All labels in this step are ignored."
            : anomaly(step, batch) + advice(batch));
  }

  /** Names the first array of the step that is not finite, if the run detects anomalies. */
  private String anomaly(StepTotals step, StepBatch batch) {
    if (!run.options().detectAnomaly()) {
      return "";
    }
    if (!Double.isFinite(step.meanLoss())) { // the layers were checked in the forward pass
      return " The output of the model is finite; the loss function is not.";
    }
    return AnomalyDetector.inBackward(
            state.model(), batch.microBatches(), i -> state.seed(i, step.rank()))
        .map(first -> " The first value that is not finite in the backward pass: " + first + ".")
        .orElse("");
  }

  private String advice(StepBatch batch) {
    for (int i = 0; i < batch.microBatches().size(); i++) {
      for (Map.Entry<String, NDArray> tensor : batch.microBatches().get(i).tensors().entrySet()) {
        int row = firstNotFinite(tensor.getValue());
        if (row >= 0) {
          long example = batch.indices()[i * state.config().microBatch() + row];
          return " The cause is in the data: the %s of %s are not finite."
              .formatted(tensor.getKey(), ExampleNames.of(List.of(run.data().origin(example)), 0));
        }
      }
    }
    double learningRate = state.optimizer().learningRate(state::learningRate);
    if (state.step() == 0 || learningRate == 0) {
      return " The inputs are finite and the learning rate is not the cause, as no update has been"
          + " made with it: check the model's forward pass and its loss on these examples.";
    }
    return Formats.of(
        " If the examples are valid, try a learning rate below %.2e, the learning rate of this"
            + " step.",
        learningRate);
  }

  /** The first row of a tensor with a value that is not finite; -1 if all values are finite. */
  private static int firstNotFinite(NDArray tensor) {
    if (tensor.getDataType() != DataType.FLOAT32) {
      return -1;
    }
    float[] values = tensor.toFloatArray(); // device-to-host synchronization, after an error only
    for (int i = 0; i < values.length; i++) {
      if (!Float.isFinite(values[i])) {
        return (int) (i / (values.length / tensor.getShape().get(0)));
      }
    }
    return -1;
  }

  /**
   * Names the first examples of a micro-batch.
   *
   * @param microBatch its index; if negative, the examples of the whole step are named
   */
  private String origins(StepBatch batch, int microBatch) {
    int size = state.config().microBatch();
    long[] all = batch.indices();
    long[] selected =
        microBatch < 0
            ? all
            : Arrays.copyOfRange(
                all, microBatch * size, Math.min(all.length, (microBatch + 1) * size));
    List<String> named =
        Arrays.stream(selected).limit(MAX_NAMED_EXAMPLES).mapToObj(run.data()::origin).toList();
    return ExampleNames.of(named, selected.length - named.size());
  }
}
