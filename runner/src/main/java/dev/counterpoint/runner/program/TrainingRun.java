package dev.counterpoint.runner.program;

import ai.djl.Device;
import dev.counterpoint.core.callback.Callback;
import dev.counterpoint.core.callback.MetricsFile;
import dev.counterpoint.core.callback.StopSignal;
import dev.counterpoint.core.callback.TrainingEnd;
import dev.counterpoint.core.checkpoint.CheckpointPolicy;
import dev.counterpoint.core.checkpoint.CheckpointStore;
import dev.counterpoint.core.data.source.DataSplits;
import dev.counterpoint.core.internal.storage.AtomicFile;
import dev.counterpoint.core.model.BaseModel;
import dev.counterpoint.core.model.ModelSummary;
import dev.counterpoint.core.training.RunOptions;
import dev.counterpoint.core.training.Trainer;
import dev.counterpoint.core.training.TrainingConfig;
import dev.counterpoint.core.training.TrainingStrategy;
import dev.counterpoint.runner.cli.option.Signals;
import dev.counterpoint.runner.report.Console;
import dev.counterpoint.runner.report.Contention;
import dev.counterpoint.runner.report.TrainingProgress;
import dev.counterpoint.runner.report.html.RunReport;
import dev.counterpoint.runner.rundir.Outcome;
import dev.counterpoint.runner.rundir.RunDirectory;
import dev.counterpoint.runner.rundir.RunLock;
import dev.counterpoint.strategies.launch.ParentWatchdog;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * Trains a model that a program has created, with progress, checkpoints, metrics and a report:
 *
 * <pre>{@code
 * try (Mlp model = new Mlp()) {
 *   TrainingRun.train("mlp", model, TrainingConfig.defaults(), DataSplits.ofTraining(dataset));
 * }
 * }</pre>
 */
public final class TrainingRun {
  private static final long SEED = 17; // the default of run files

  private TrainingRun() {}

  /**
   * Trains in one process on the CPU, unless the model is initialized on another device. Ctrl-C
   * saves and ends the training.
   *
   * @param name names the run directory, {@code runs/NAME-TIME}
   * @param data {@link DataSplits#ofTraining} for a training split alone
   * @return the end of the training; the model has the weights of the last step
   * @throws UncheckedIOException if the run directory cannot be written
   */
  public static TrainingEnd train(
      String name, BaseModel model, TrainingConfig config, DataSplits data) {
    return in(null, name, model, config, data);
  }

  /**
   * Trains as {@link #train} does, in a directory that is new or empty.
   *
   * @param directory null for {@code runs/NAME-TIME}
   */
  public static TrainingEnd in(
      @Nullable Path directory,
      String name,
      BaseModel model,
      TrainingConfig config,
      DataSplits data) {
    try {
      return train(RunDirectory.forNew(directory, name), name, model, config, data);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static TrainingEnd train(
      RunDirectory directory, String name, BaseModel model, TrainingConfig config, DataSplits data)
      throws IOException {
    StopSignal stop = new StopSignal();
    if (!model.initialized()) {
      model.initialize(Device.cpu(), SEED);
    }
    PrintWriter out = new PrintWriter(System.out, true, StandardCharsets.UTF_8);
    PrintWriter err = new PrintWriter(System.err, true, StandardCharsets.UTF_8);
    try (RunLock lock = RunLock.hold(directory, false);
        Console console = Console.of(out, err);
        Signals signals = Signals.stopping(stop, console, ParentWatchdog.of(Map.of()))) {
      List<Callback> callbacks =
          List.of(
              new MetricsFile(directory.metrics(), config.reportEvery()),
              new TrainingProgress(console, config.reportEvery(), new Contention()),
              new RunReport(directory, name, data.notes(), null, OptionalLong::empty));
      console.log(
          "%s: %,d parameters, in %s", name, ModelSummary.of(model).count(), directory.path());
      CheckpointPolicy policy = CheckpointPolicy.defaults();
      RunOptions options =
          new RunOptions(
              SEED,
              callbacks,
              stop,
              new CheckpointStore(directory.checkpoints(), policy.keep(), directory.history()),
              policy);
      TrainingEnd end =
          new Trainer(model, TrainingStrategy.singleProcess(), config, options).train(data);
      Outcome outcome = Outcome.of(end, model, callbacks);
      AtomicFile.writeJson(directory.summary(), outcome.summary());
      outcome.lines().forEach(console::print);
      console.print("report: " + directory.report());
      return end;
    }
  }
}
