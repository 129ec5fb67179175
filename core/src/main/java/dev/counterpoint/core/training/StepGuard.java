package dev.counterpoint.core.training;

import ai.djl.ndarray.NDArray;
import dev.counterpoint.core.callback.SnapshotReport;
import dev.counterpoint.core.data.Batch;
import dev.counterpoint.core.data.StepBatch;
import dev.counterpoint.core.kernel.Kernel;
import dev.counterpoint.core.model.BaseModel;
import dev.counterpoint.core.parameter.Parameter;
import dev.counterpoint.core.snapshot.StepSnapshot;
import dev.counterpoint.core.snapshot.StepSnapshots;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Looks at each step before it is made: one that is not finite ends the run, one whose gradient is
 * far larger than those before is told. Both are kept as a snapshot, where the run has room for it.
 */
final class StepGuard {
  private static final int NAMED_ITEMS = 8;

  private final BaseModel model;
  private final TrainingData data;
  private final TrainingConfig config;
  private final RunOptions options;
  private final Consensus consensus;
  private final GradientHistory history = new GradientHistory();

  /** The last step after which all weights were found finite. */
  private long finiteStep = -1;

  StepGuard(
      BaseModel model,
      TrainingData data,
      TrainingConfig config,
      RunOptions options,
      Consensus consensus) {
    this.model = model;
    this.data = data;
    this.config = config;
    this.options = options;
    this.consensus = consensus;
  }

  /**
   * A step that is about to be made.
   *
   * @param rate the learning rate that it is to be made with
   * @param rank of this process
   * @param own what its micro-batches came to
   * @param items its micro-batches
   */
  record Step(
      long number,
      int epoch,
      long inEpoch,
      double rate,
      int rank,
      double loss,
      double norm,
      StepSums own,
      StepBatch items) {}

  /**
   * Looks at a step.
   *
   * @throws NotFiniteException where its loss or gradient is not finite
   */
  void inspect(Step step) {
    if (!Double.isFinite(step.loss()) || !Double.isFinite(step.norm())) {
      throw whatHappened(step);
    }
    double usual = history.medianBefore(step.norm());
    if (step.norm() > GradientHistory.FACTOR * usual) {
      String reason =
          String.format(
              Locale.ROOT,
              "The gradient norm of step %d is %.4g, that of the %d steps before %.4g (median).",
              step.number(),
              step.norm(),
              GradientHistory.STEPS,
              usual);
      Path kept = consensus.leads() ? keep(step, reason) : null;
      if (kept != null) {
        SnapshotReport report = new SnapshotReport(step.number(), reason, kept);
        options.callbacks().forEach(callback -> callback.onSnapshot(report));
      }
    }
  }

  /**
   * Of several processes the one whose part it was says it, and keeps the snapshot; the first one,
   * where no loss tells whose it was.
   */
  private NotFiniteException whatHappened(Step step) {
    boolean own = step.own().notFiniteBatch() >= 0;
    Consensus.Given culprit = consensus.firstGiven(own ? "" : null);
    String reason = null;
    String folder = null;
    if (step.rank() == (culprit == null ? 0 : culprit.rank())) {
      reason = notFinite(step);
      Path kept = keep(step, reason);
      folder = kept == null ? null : kept.toString();
    }
    String message = consensus.given(reason);
    Consensus.Given snapshot = consensus.firstGiven(folder);
    return new NotFiniteException(message, snapshot == null ? null : snapshot.text());
  }

  /**
   * Looks at the weights where no loss will tell of them: before a validation and before they are
   * saved.
   *
   * @throws NotFiniteException naming the first that holds a number that is not finite
   */
  void requireFiniteWeights(long step) {
    if (step == finiteStep) {
      return;
    }
    List<Parameter> parameters =
        model.parameters().stream()
            .filter(parameter -> parameter.trainable() && parameter.shape().size() > 0)
            .toList();
    List<NDArray> values = parameters.stream().map(Parameter::value).toList();
    float[] norms = Kernel.load("gradients").compute("norms", values, Double.POSITIVE_INFINITY);
    for (int i = 0; i < norms.length; i++) {
      if (!Float.isFinite(norms[i])) {
        throw new NotFiniteException(
            "After step "
                + step
                + " the model is not finite: "
                + parameters.get(i).name()
                + " holds NaN or infinity. It was not saved. Lower the learning rate.");
      }
    }
    finiteStep = step;
  }

  /** Null where the run keeps none, has kept enough, or cannot write one: that must not end it. */
  private @Nullable Path keep(Step step, String reason) {
    StepSnapshots snapshots = options.snapshots();
    try {
      if (snapshots == null || !snapshots.hasRoom()) {
        return null;
      }
      return snapshots.keep(
          snapshot(step, reason), model.parameters(), step.items().microBatches());
    } catch (IOException e) {
      return null;
    }
  }

  private StepSnapshot snapshot(Step step, String reason) {
    List<StepSnapshot.Sizes> batches =
        step.items().microBatches().stream().map(StepGuard::sizes).toList();
    return new StepSnapshot(
        step.number(),
        options.seed(),
        step.rank(),
        reason,
        step.loss(),
        step.norm(),
        Arrays.stream(step.items().indices()).mapToObj(data::origin).toList(),
        batches);
  }

  private static StepSnapshot.Sizes sizes(Batch batch) {
    return new StepSnapshot.Sizes(batch.size(), batch.tokens());
  }

  private String notFinite(Step step) {
    StepSums own = step.own();
    return String.format(
        Locale.ROOT,
        "The %s is not finite at step %d (epoch %d, step %d of it)%s: loss %s, gradient norm %s."
            + " The step was not made. Its items: %s.%s",
        Double.isFinite(step.loss()) ? "gradient" : "loss",
        step.number(),
        step.epoch(),
        step.inEpoch(),
        (consensus.alone() ? "" : ", on rank " + step.rank())
            + (own.notFiniteBatch() < 0 ? "" : ", micro-batch " + own.notFiniteBatch()),
        step.loss(),
        step.norm(),
        origins(step.items(), own.notFiniteBatch()),
        own.weight() == 0 ? " No label of them counts." : advice(step));
  }

  private static String advice(Step step) {
    return String.format(
        Locale.ROOT,
        " If they are in order, a lower learning rate may help; here it was %.2e.",
        step.rate());
  }

  /** The items of one micro-batch, or of the whole step, the first few by name. */
  private String origins(StepBatch items, int microBatch) {
    int size = config.microBatch();
    long[] all = items.indices();
    long[] some =
        microBatch < 0
            ? all
            : Arrays.copyOfRange(
                all, microBatch * size, Math.min(all.length, (microBatch + 1) * size));
    List<String> named = Arrays.stream(some).limit(NAMED_ITEMS).mapToObj(data::origin).toList();
    return ExampleNames.of(named, some.length - named.size());
  }
}
