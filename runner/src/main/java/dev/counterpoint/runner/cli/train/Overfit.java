package dev.counterpoint.runner.cli.train;

import dev.counterpoint.core.callback.Callback;
import dev.counterpoint.core.callback.StepReport;
import dev.counterpoint.core.callback.StopSignal;
import dev.counterpoint.core.callback.ValidationReport;
import dev.counterpoint.core.checkpoint.CheckpointPolicy;
import dev.counterpoint.core.data.source.DataSplits;
import dev.counterpoint.core.loss.CrossEntropy;
import dev.counterpoint.core.metric.Evaluation;
import dev.counterpoint.core.model.BaseModel;
import dev.counterpoint.core.parameter.Gradients;
import dev.counterpoint.core.parameter.Parameter;
import dev.counterpoint.core.schedule.Constant;
import dev.counterpoint.core.settings.Formats;
import dev.counterpoint.core.settings.RecordCopy;
import dev.counterpoint.core.training.TrainingConfig;
import dev.counterpoint.runner.RunFailed;
import dev.counterpoint.runner.wiring.RunFile;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Trains on a few batches until their loss is near zero. The loss is measured on the same examples
 * without dropout. The learning rate is constant, and the callbacks of the run file, such as {@code
 * early-stop}, are not used.
 */
final class Overfit implements ShortTraining, Callback.ObservesGradients {
  /** The share of the first loss that counts as near zero, if it exceeds {@link #SMALL_LOSS}. */
  private static final double NEAR_ZERO = 0.05;

  private static final double SMALL_LOSS = 0.02;

  private static final int MIN_STEPS = 500;
  private static final int STEPS_PER_BATCH = 50;
  private static final int VALIDATE_EVERY = 20;
  private static final int MAX_NAMES = 8;

  private final int batches;
  private final Set<Parameter> reached = new HashSet<>();
  private StopSignal stop = new StopSignal();
  private double firstLoss = Double.NaN;
  private double loss = Double.NaN;
  private long steps;

  Overfit(int batches) {
    this.batches = batches;
  }

  private int maxSteps() {
    return Math.max(MIN_STEPS, (int) Math.min(1_000_000, STEPS_PER_BATCH * (long) batches));
  }

  @Override
  public RunFile settings(RunFile file) {
    Map<String, Object> training = new HashMap<>();
    training.put("epochs", 1);
    training.put("maxSteps", maxSteps());
    training.put("maxTime", null);
    training.put("schedule", Constant.defaults());
    training.put("averageWeights", null);
    training.put("groupByLength", false);
    training.put("validateEvery", new TrainingConfig.Interval(Math.max(VALIDATE_EVERY, batches)));
    return RecordCopy.with(
        file,
        Map.of(
            "name",
            file.name() + "-overfit",
            "training",
            RecordCopy.with(file.training(), training),
            "checkpoint",
            new CheckpointPolicy(0, 1, null),
            "callbacks",
            List.of()));
  }

  @Override
  public DataSplits select(DataSplits data, TrainingConfig training) {
    Examples once = new Examples(data.train(), (long) batches * training.batchSize());
    Examples repeated =
        new Examples(data.train(), once.count(), (long) maxSteps() * training.batchSize());
    return RecordCopy.with(data, "splits", DataSplits.named(repeated, once, null));
  }

  @Override
  public List<Callback> callbacks(StopSignal signal) {
    stop = signal;
    return List.of(this);
  }

  @Override
  public boolean wantsGradients(long step) {
    return step == 1;
  }

  @Override
  public void onGradients(long step, List<Gradients.Gradient> gradients) {
    gradients.forEach(gradient -> reached.add(gradient.parameter()));
  }

  @Override
  public void onStep(StepReport report) {
    steps = report.step();
    if (steps == 1) {
      firstLoss = report.loss();
    }
  }

  @Override
  public void onValidation(ValidationReport report) {
    loss = report.evaluation().values().getOrDefault(Evaluation.LOSS, Double.NaN);
    if (loss <= nearZero()) {
      stop.request("the loss is near zero");
    }
  }

  private double nearZero() {
    return Math.max(SMALL_LOSS, NEAR_ZERO * firstLoss);
  }

  @Override
  public String result(BaseModel model, RunFile file) {
    String measured =
        Formats.of(
            "the loss of %s is %.4f after %s; at the first step it was %.4f.",
            batches == 1 ? "1 batch" : batches + " batches",
            loss,
            Formats.count(steps, "step"),
            firstLoss);
    if (loss <= nearZero()) {
      return "overfit: passed, " + measured;
    }
    throw new RunFailed(
        Formats.of("overfit: failed, %s Near zero is %.4f. Usual reasons:", measured, nearZero())
            + reasons(model, file).stream().map(it -> "\n  " + it).reduce("", String::concat));
  }

  /** Possible reasons: first those that were detected, then those that cannot be detected. */
  private List<String> reasons(BaseModel model, RunFile file) {
    List<Parameter> trainable = model.parameters().stream().filter(Parameter::trainable).toList();
    List<String> reasons = new ArrayList<>();
    List<String> unreached =
        trainable.stream().filter(it -> !reached.contains(it)).map(Parameter::name).toList();
    if (!reached.isEmpty() && !unreached.isEmpty()) { // ranks other than 0 observe no gradients
      reasons.add("no gradient reaches " + Formats.list(unreached, MAX_NAMES) + ".");
    }
    int frozen = model.parameters().size() - trainable.size();
    if (frozen > 0) {
      reasons.add(Formats.of("%d of %d parameters are frozen.", frozen, model.parameters().size()));
    }
    if (file.loss() instanceof CrossEntropy loss && loss.labelSmoothing() > 0) {
      reasons.add("loss.labelSmoothing: the smallest possible loss is not 0. Set it to 0.");
    }
    reasons.add(
        Formats.of(
            "the learning rate %s may be too low or too high; find a better one with \"tune RUN --learning-rate\".",
            Formats.learningRate(file.training().optimizer().learningRate())));
    reasons.add("equal inputs have different labels, or labels are assigned to the wrong inputs.");
    reasons.add("the loss expects a different input, such as logits instead of probabilities.");
    reasons.add("the model is too small, or does not use all of its inputs.");
    return reasons;
  }
}
