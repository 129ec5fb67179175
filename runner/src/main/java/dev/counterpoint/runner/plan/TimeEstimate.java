package dev.counterpoint.runner.plan;

import dev.counterpoint.core.data.Dataset;
import dev.counterpoint.core.data.HostBatch;
import dev.counterpoint.core.data.ShuffledSampler;
import dev.counterpoint.core.data.source.DataSplits;
import dev.counterpoint.core.internal.storage.AtomicFile;
import dev.counterpoint.core.internal.storage.Json;
import dev.counterpoint.core.internal.storage.LocalDisk;
import dev.counterpoint.core.model.BaseModel;
import dev.counterpoint.core.settings.CacheFolder;
import dev.counterpoint.core.settings.FileAccess;
import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.core.training.Evaluator;
import dev.counterpoint.inference.internal.code.TrustedCode;
import dev.counterpoint.runner.RunFailed;
import dev.counterpoint.runner.cli.option.ExitCode;
import dev.counterpoint.runner.machine.ChildJvm;
import dev.counterpoint.runner.wiring.Run;
import dev.counterpoint.runner.wiring.RunFile;
import dev.counterpoint.tasks.internal.cache.CacheFolders;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongToDoubleFunction;
import java.util.stream.LongStream;

/**
 * Prediction of the time of a training in one process, from a training that is stopped early.
 *
 * @param start seconds from the start of the process until data and model were ready
 * @param measuredSteps the number of measured steps, after the warm-up
 * @param step seconds for a step, the mean over an epoch
 * @param rest seconds for the warm-up and the end: what the measured training took in addition to
 *     its start, steps, validations and checkpoints
 * @param validation seconds for a validation; 0 without one
 * @param checkpoint seconds for a checkpoint
 * @param total seconds for the whole training, with the start of the process
 * @param peakMemory the peak memory of the measured training in bytes
 */
record TimeEstimate(
    double start,
    int measuredSteps,
    double step,
    double rest,
    double validation,
    double checkpoint,
    double total,
    long peakMemory) {
  private static final String OUTPUT = "run";
  private static final String TIMING = "timing.json";
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

  /**
   * Trains the run in a process of its own, as {@code train} does, until ten seconds of steps are
   * measured or the run ends.
   */
  static TimeEstimate measure(
      BaseModel model, DataSplits data, Run run, Run.Request request, PlannedSteps planned)
      throws IOException {
    Path cache = FileAccess.createPrivateFolder(CacheFolder.path());
    Path folder = Files.createTempDirectory(cache, "plan" + CacheFolders.TEMPORARY);
    try {
      long begin = System.nanoTime();
      train(run, request, folder);
      double trained = (System.nanoTime() - begin) * 1e-9;
      Timing timing =
          Json.MAPPER.treeToValue(AtomicFile.readJson(folder.resolve(TIMING)), Timing.class);
      double step = step(timing, data.train(), run.file(), planned);
      Validation validation =
          timing.validations() > 0
              ? new Validation(timing.validation(), 0)
              : data.validation()
                  .map(split -> validation(model, data, split, run.file()))
                  .orElse(new Validation(0, 0));
      double expected =
          timing.start()
              + timing.done() * timing.mean()
              + timing.validations() * validation.seconds()
              + timing.checkpoints() * timing.checkpoint();
      double rest = Math.max(0, trained - expected) + validation.warmUp();
      long peak =
          AtomicFile.readJson(folder.resolve(OUTPUT).resolve("summary.json"))
              .path("peakMemoryBytes")
              .asLong();
      return new TimeEstimate(
          timing.start(),
          timing.steps().size(),
          step,
          rest,
          validation.seconds(),
          timing.checkpoint(),
          timing.start()
              + rest
              + planned.total() * step
              + planned.validations() * validation.seconds()
              + planned.checkpoints() * timing.checkpoint(),
          peak);
    } finally {
      delete(folder);
    }
  }

  private static void train(Run run, Run.Request request, Path folder) throws IOException {
    List<String> arguments = new ArrayList<>(List.of("train"));
    arguments.addAll(request.arguments());
    arguments.addAll(List.of("--output", folder.resolve(OUTPUT).toString()));
    arguments.addAll(List.of("--timing", folder.resolve(TIMING).toString()));
    List<String> sets = new ArrayList<>(List.of("training.maxTime=null", "checkpoint.keep=1"));
    sets.addAll(List.of("checkpoint.everySteps=0", "checkpoint.everyMinutes=null"));
    if (run.file().strategy().processes().isPresent()) {
      sets.add("strategy={type: standard}");
    }
    sets.forEach(set -> arguments.addAll(List.of("--set", set)));
    Path trusted = folder.resolve("trusted-code"); // The user's list does not change.
    TrustedCode.in(trusted).add(run.code().hashes(), run.queries());
    try (ChildJvm training =
        ChildJvm.supervised(
            arguments,
            folder.resolve("log.txt"),
            environment -> {
              environment.put(Run.REPETITION, "true");
              environment.put(TrustedCode.VARIABLE, trusted.toString());
            })) {
      training.afterKill(() -> delete(folder)); // for Ctrl-C
      int code = training.exitCode();
      if (code == ExitCode.INVALID_REQUEST) {
        throw new InvalidSettings("%s", training.failure());
      }
      if (code != ExitCode.SUCCESS) {
        throw new RunFailed(
            "The training that measures the time failed (--no-timing skips it): "
                + training.failure());
      }
    }
  }

  private static void delete(Path folder) {
    try {
      new LocalDisk().delete(folder);
    } catch (IOException e) {
      // It is abandoned, and deleted later like other temporary folders of the cache.
    }
  }

  /** The mean seconds of a step, by a linear function of its tokens if lengths vary. */
  private static double step(Timing timing, Dataset train, RunFile run, PlannedSteps planned) {
    List<Timing.Step> steps = timing.steps();
    if (steps.isEmpty() || !(train instanceof Dataset.OfVariableLength lengths)) {
      return timing.mean();
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
      covariance += (x[i] - mean) * (steps.get(i).seconds() - timing.mean());
      variance += (x[i] - mean) * (x[i] - mean);
    }
    double proportional = timing.mean() / mean;
    double slope =
        x.length < MIN_FIT || variance == 0
            ? proportional
            : Math.max(0, Math.min(proportional, covariance / variance));
    return timing.mean() + slope * (all - mean);
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
