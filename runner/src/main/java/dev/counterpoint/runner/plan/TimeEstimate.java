package dev.counterpoint.runner.plan;

import dev.counterpoint.core.callback.StopSignal;
import dev.counterpoint.core.checkpoint.CheckpointPolicy;
import dev.counterpoint.core.checkpoint.CheckpointStore;
import dev.counterpoint.core.data.Dataset;
import dev.counterpoint.core.data.HostBatch;
import dev.counterpoint.core.data.ShuffledSampler;
import dev.counterpoint.core.data.source.DataSplits;
import dev.counterpoint.core.internal.storage.LocalDisk;
import dev.counterpoint.core.model.BaseModel;
import dev.counterpoint.core.settings.CacheFolder;
import dev.counterpoint.core.settings.FileAccess;
import dev.counterpoint.core.settings.RecordCopy;
import dev.counterpoint.core.training.Evaluator;
import dev.counterpoint.core.training.RunOptions;
import dev.counterpoint.core.training.Trainer;
import dev.counterpoint.core.training.TrainingStrategy;
import dev.counterpoint.runner.wiring.RunFile;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongToDoubleFunction;
import java.util.stream.LongStream;

/**
 * Prediction of the time of a training in one process, from a measurement of some steps, a part of
 * a validation, and a checkpoint.
 *
 * @param start seconds from the start of the process until data and model were ready
 * @param measuredSteps the number of measured steps, after the warm-up
 * @param step seconds for a step, the mean over an epoch
 * @param warmUp seconds that the first steps and the first validation take longer
 * @param validation seconds for a validation; 0 without one
 * @param checkpoint seconds for a checkpoint
 * @param total seconds for the whole training, with the start of the process
 */
record TimeEstimate(
    double start,
    int measuredSteps,
    double step,
    double warmUp,
    double validation,
    double checkpoint,
    double total) {
  private static final double STEP_SECONDS = 10; // of measured steps
  private static final double VALIDATION_SECONDS = 3;
  private static final int MAX_STEPS = 20_000; // of an epoch whose lengths are read
  private static final int MIN_FIT = 8; // measured steps from which a line is fitted

  /** A part of a split, with examples at equal distances. */
  private record Part(Dataset whole, long size) implements Dataset {
    @Override
    public HostBatch collate(long[] indices) {
      return whole.collate(
          Arrays.stream(indices).map(index -> index * (whole.size() / size)).toArray());
    }
  }

  /** Trains a model for at least ten seconds after a warm-up; the model is changed. */
  static TimeEstimate measure(BaseModel model, DataSplits data, RunFile run, PlannedSteps planned)
      throws IOException {
    double start = ManagementFactory.getRuntimeMXBean().getUptime() * 1e-3;
    Path cache = FileAccess.createPrivateFolder(CacheFolder.path());
    Path folder = Files.createTempDirectory(cache, "plan-");
    Thread cleaner = new Thread(() -> delete(folder), "plan-cleaner");
    Runtime.getRuntime().addShutdownHook(cleaner); // for Ctrl-C
    try {
      TimedTraining timed = train(model, data, run, planned, folder);
      double checkpoint = timed.sinceLastStep();
      double step = step(timed, data.train(), run, planned);
      Validation validation =
          data.validation()
              .map(split -> validation(model, data, split, run))
              .orElse(new Validation(0, 0));
      double warmUp = timed.warmUpExcess() + validation.warmUp();
      return new TimeEstimate(
          start,
          timed.steps().size(),
          step,
          warmUp,
          validation.seconds(),
          checkpoint,
          start
              + warmUp
              + planned.total() * step
              + planned.validations() * validation.seconds()
              + planned.checkpoints() * checkpoint);
    } finally {
      delete(folder);
      Runtime.getRuntime().removeShutdownHook(cleaner);
    }
  }

  private static TimedTraining train(
      BaseModel model, DataSplits data, RunFile run, PlannedSteps planned, Path folder) {
    StopSignal stop = new StopSignal();
    TimedTraining timed = new TimedTraining(stop, STEP_SECONDS, planned.perEpoch());
    RunOptions options =
        new RunOptions(
            run.seed(),
            List.of(timed),
            stop,
            new CheckpointStore(folder.resolve("checkpoints"), 1),
            new CheckpointPolicy(0, 1, null, false));
    new Trainer(model, TrainingStrategy.singleProcess(), run.training().withMaxTime(null), options)
        .train(RecordCopy.with(data, "splits", Map.of(DataSplits.TRAIN, data.train())));
    return timed;
  }

  private static void delete(Path folder) {
    try {
      new LocalDisk().delete(folder);
    } catch (IOException e) {
      // After Ctrl-C, the training may still write into it.
    }
  }

  /** The mean seconds of a step of an epoch, if the time is a linear function of its tokens. */
  private static double step(
      TimedTraining timed, Dataset train, RunFile run, PlannedSteps planned) {
    List<TimedTraining.Step> steps = timed.steps();
    if (steps.isEmpty() || !(train instanceof Dataset.OfVariableLength lengths)) {
      return timed.mean();
    }
    Map<Integer, ShuffledSampler> samplers = new HashMap<>();
    LongToDoubleFunction tokens = // with padding
        step -> {
          int epoch = (int) ((step - 1) / planned.perEpoch()) + 1;
          long[] indices =
              samplers
                  .computeIfAbsent(epoch, it -> run.training().sampler(train, run.seed(), it))
                  .indices((step - 1) % planned.perEpoch());
          return indices.length
              * (double) Arrays.stream(indices).mapToInt(lengths::length).max().orElse(0);
        };
    double[] x = steps.stream().mapToDouble(it -> tokens.applyAsDouble(it.step())).toArray();
    double all =
        LongStream.rangeClosed(1, Math.min(MAX_STEPS, planned.perEpoch()))
            .mapToDouble(tokens)
            .average()
            .orElseThrow();
    double mean = Arrays.stream(x).average().orElseThrow();
    double covariance = 0;
    double variance = 0;
    for (int i = 0; i < x.length; i++) {
      covariance += (x[i] - mean) * (steps.get(i).seconds() - timed.mean());
      variance += (x[i] - mean) * (x[i] - mean);
    }
    double proportional = timed.mean() / mean;
    double slope =
        x.length < MIN_FIT || variance == 0
            ? proportional
            : Math.max(0, Math.min(proportional, covariance / variance));
    return timed.mean() + slope * (all - mean);
  }

  /**
   * The time of a validation.
   *
   * @param seconds of the whole one with its metrics, if it is short
   * @param warmUp seconds that the first one takes longer
   */
  private record Validation(double seconds, double warmUp) {}

  private static Validation validation(
      BaseModel model, DataSplits data, Dataset split, RunFile run) {
    Evaluator loss = new Evaluator(model, List.of(), run.training().microBatch());
    long size = Math.min(split.size(), 2L * run.training().microBatch());
    double first = seconds(loss, new Part(split, size));
    double taken = seconds(loss, new Part(split, size));
    double warmUp = Math.max(0, first - taken);
    while (taken < VALIDATION_SECONDS && size < split.size()) {
      size = Math.min(split.size(), 2 * size);
      taken = seconds(loss, new Part(split, size));
    }
    double whole =
        size < split.size()
            ? taken * split.size() / size
            : seconds(new Evaluator(model, data.metrics(), run.training().microBatch()), split);
    return new Validation(whole, warmUp);
  }

  private static double seconds(Evaluator evaluator, Dataset split) {
    long begin = System.nanoTime();
    evaluator.evaluate(split);
    return (System.nanoTime() - begin) * 1e-9;
  }
}
