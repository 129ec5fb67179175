package dev.counterpoint.runner.cli.train;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.inject.Guice;
import com.google.inject.Injector;
import com.google.inject.Key;
import com.google.inject.ProvisionException;
import dev.counterpoint.core.callback.Callback;
import dev.counterpoint.core.callback.StopSignal;
import dev.counterpoint.core.callback.TrainingEnd;
import dev.counterpoint.core.checkpoint.CheckpointStore;
import dev.counterpoint.core.data.DataSpec.Target;
import dev.counterpoint.core.data.Dataset;
import dev.counterpoint.core.data.source.DataSplits;
import dev.counterpoint.core.distributed.Collective;
import dev.counterpoint.core.internal.storage.AtomicFile;
import dev.counterpoint.core.internal.storage.IoFailure;
import dev.counterpoint.core.kernel.Precision;
import dev.counterpoint.core.kernel.Processor;
import dev.counterpoint.core.kernel.Torch;
import dev.counterpoint.core.metric.Evaluation;
import dev.counterpoint.core.metric.MultiLabelClassification;
import dev.counterpoint.core.model.BaseModel;
import dev.counterpoint.core.model.ModelSummary;
import dev.counterpoint.core.settings.FileAccess;
import dev.counterpoint.core.settings.Formats;
import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.core.settings.RecordCopy;
import dev.counterpoint.core.training.Evaluator;
import dev.counterpoint.core.training.Trainer;
import dev.counterpoint.core.training.TrainingStrategy;
import dev.counterpoint.core.training.failure.NotFiniteException;
import dev.counterpoint.core.training.failure.OutOfMemoryException;
import dev.counterpoint.inference.ModelFolder;
import dev.counterpoint.inference.golden.GoldenExamples;
import dev.counterpoint.models.huggingface.PretrainedConfig;
import dev.counterpoint.runner.LauncherCommand;
import dev.counterpoint.runner.RunFailed;
import dev.counterpoint.runner.check.StepTrace;
import dev.counterpoint.runner.cli.option.ExitCode;
import dev.counterpoint.runner.cli.option.Signals;
import dev.counterpoint.runner.launch.RankSession;
import dev.counterpoint.runner.machine.Bfloat16Advice;
import dev.counterpoint.runner.report.Console;
import dev.counterpoint.runner.report.TrainingProgress;
import dev.counterpoint.runner.report.html.RunReport;
import dev.counterpoint.runner.rundir.CrashMarker;
import dev.counterpoint.runner.rundir.Outcome;
import dev.counterpoint.runner.rundir.Provenance;
import dev.counterpoint.runner.rundir.ResumeRecord;
import dev.counterpoint.runner.rundir.RunCode;
import dev.counterpoint.runner.rundir.RunDirectory;
import dev.counterpoint.runner.rundir.RunLock;
import dev.counterpoint.runner.wiring.Devices;
import dev.counterpoint.runner.wiring.Run;
import dev.counterpoint.runner.wiring.RunModule;
import dev.counterpoint.runner.wiring.Threads;
import dev.counterpoint.runner.wiring.TrainerModule;
import dev.counterpoint.strategies.launch.ParentWatchdog;
import dev.counterpoint.strategies.launch.RankEnvironment;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Trains in this process, as a single process or as one rank of a distributed run. */
final class TrainingProcess {
  private final Run run;
  private final List<String> command;
  private final Options options;
  private final Console console;
  private final StopSignal stop = new StopSignal();
  private @Nullable Provenance provenance;
  private boolean recordsEnd;

  /**
   * Options of the command.
   *
   * @param trace receives loss, gradient norm and learning rate of each step; null for none
   * @param exact whether to resume only if the result has the bits of an uninterrupted run
   * @param until the last step
   * @param validates whether the step {@code until} is validated
   * @param check the shortened training; empty for a training at full length
   * @param detectAnomaly whether the outputs of layers are checked
   */
  record Options(
      @Nullable Path trace,
      boolean exact,
      long until,
      boolean validates,
      Optional<ShortTraining> check,
      boolean detectAnomaly) {}

  /**
   * Creates a training that has not started.
   *
   * @param command the command line to record in the provenance
   */
  TrainingProcess(Run run, List<String> command, Options options, Console console) {
    this.run = run;
    this.command = command;
    this.options = options;
    this.console = console;
  }

  /**
   * Runs the training.
   *
   * @param environment the rank of this process; empty for a single process
   * @return the exit code
   */
  int run(Optional<RankEnvironment> environment, ParentWatchdog watchdog) throws IOException {
    Threads.check(run, System.getenv());
    RunLock lock = lock(environment);
    RankSession session =
        environment
            .map(rank -> RankSession.join(rank, run, console))
            .orElseGet(RankSession::singleProcess);
    Injector wired =
        Guice.createInjector(
            new RunModule(run, console, extraCallbacks(), stop, session.context()));
    boolean rankZero = session.context().isRankZero();
    Threads.apply(run);
    try (session;
        lock;
        console;
        DataSplits data = wired.getInstance(DataSplits.class);
        BaseModel model = wired.getInstance(BaseModel.class);
        Collective collective = session.connect(run, data);
        session; // Closed first: the tracker must receive the cause before the ring breaks.
        CrashMarker crashMarker = wired.getInstance(CrashMarker.class)) {
      if (environment.isEmpty()) {
        console.copyTo(run.directory().log());
      }
      if (rankZero) {
        CrashMarker.take(run.directory()).ifPresent(console::log);
        JsonNode best = AtomicFile.readJson(run.directory().summary()).path("bestStep");
        if (!best.isMissingNode() && !Files.exists(run.directory().checkpoints().resolve("best"))) {
          console.log(
              "The best model, of step %s, no longer exists in checkpoints/best; the result will be"
                  + " the best of the later models.",
              best);
        }
      }
      Injector joined =
          wired.createChildInjector(new TrainerModule(run, collective, options.detectAnomaly()));
      Signals signals = Signals.stopping(stop, console, watchdog);
      try (TrainingStrategy strategy = joined.getInstance(TrainingStrategy.class)) {
        Trainer trainer = joined.getInstance(Trainer.class);
        printHeader(data, model);
        if (rankZero) {
          writeRunFiles(data, Devices.nameOf(model.device()), collective.worldSize());
        }
        long begin = System.nanoTime();
        TrainingEnd end =
            trainer.train(
                options.check().map(it -> it.select(data, run.file().training())).orElse(data));
        double share = collective.exchangeSeconds() / ((System.nanoTime() - begin) * 1e-9);
        if (rankZero) {
          List<Callback> callbacks = wired.getInstance(new Key<List<Callback>>() {});
          Outcome outcome = Outcome.of(end, model, callbacks);
          finish(data, model, outcome);
          callbacks.stream()
              .filter(RunReport.class::isInstance)
              .forEach(report -> ((RunReport) report).add(outcome));
          if (collective.worldSize() > 1 && end.seconds() > 0) {
            printExchange(collective.worldSize(), share, end.examples() / end.seconds());
          }
          recordEnd(end.stopReason() == null ? "completed" : "stopped: " + end.stopReason());
        }
      } catch (RuntimeException | IOException | Error e) {
        recordFailure(e);
        throw e;
      }
      if (signals.exitCode() != ExitCode.SUCCESS) {
        console.print("resume with: " + LauncherCommand.line("train", run.directory().path()));
      } else if (rankZero && options.check().isPresent()) {
        console.print(options.check().get().result(model, run.file()));
      }
      session.done();
      return signals.exitCode();
    } catch (InvalidSettings | ProvisionException e) {
      if (rankZero && !run.isResumed()) {
        run.directory().discardUnlessStarted();
      }
      throw e;
    } catch (NotFiniteException e) {
      String replay = e.snapshot().map(folder -> " " + TrainingProgress.replay(folder)).orElse("");
      throw logged(new RunFailed(e.getMessage() + replay, e));
    } catch (OutOfMemoryException e) {
      throw logged(new RunFailed(String.valueOf(e.getMessage()), e));
    } catch (UncheckedIOException e) {
      throw logged(failed(Objects.requireNonNull(e.getCause())));
    } catch (IOException e) {
      throw logged(failed(e));
    }
  }

  private void recordEnd(String reason) throws IOException {
    if (recordsEnd) {
      Provenance.end(run.directory(), reason);
    }
  }

  private void recordFailure(Throwable failure) {
    try {
      if (RunDirectory.isRun(run.directory().path())) {
        boolean isOurs = failure.getClass().getName().startsWith("dev.counterpoint.");
        recordEnd("failed: " + (isOurs ? failure.getMessage() : failure));
      }
    } catch (IOException | RuntimeException e) {
      failure.addSuppressed(e);
    }
  }

  private RunFailed logged(RunFailed failure) {
    console.record("ERROR", String.valueOf(failure.getMessage()));
    return failure;
  }

  /** Locks the run directory: rank 0 for writing, its launcher for the job. Null on other ranks. */
  private @Nullable RunLock lock(Optional<RankEnvironment> environment) {
    if (environment.isEmpty()) {
      return RunLock.hold(run.directory(), run.isResumed());
    }
    return environment.get().rank() == 0 ? RunLock.holdForWriting(run.directory()) : null;
  }

  private List<Callback> extraCallbacks() {
    List<Callback> extraCallbacks = new ArrayList<>();
    if (run.isResumed()) {
      extraCallbacks.add(
          new ResumeRecord(
              run.directory(),
              () -> {
                recordsEnd = true;
                return Objects.requireNonNull(provenance);
              }));
    }
    if (options.trace() != null) {
      extraCallbacks.add(new StepTrace(options.trace()));
    }
    if (options.until() < Long.MAX_VALUE) {
      extraCallbacks.add(new LastStep(options.until(), options.validates(), stop));
    }
    options.check().ifPresent(it -> extraCallbacks.addAll(it.callbacks(stop)));
    return extraCallbacks;
  }

  /** Describes a failed write and the checkpoints from which the run can resume. */
  private RunFailed failed(IOException cause) {
    RunDirectory directory = run.directory();
    try {
      directory.requireExists();
    } catch (IOException gone) {
      return new RunFailed(String.valueOf(gone.getMessage()), cause);
    }
    String message = IoFailure.of(cause).replaceFirst("\\.?$", ".");
    String remaining =
        new CheckpointStore(directory.checkpoints(), 1)
            .remaining()
            .map(sentence -> message.contains(sentence) ? "" : " " + sentence)
            .map(
                sentence ->
                    sentence + " To resume: " + LauncherCommand.line("train", directory.path()))
            .orElse("");
    return new RunFailed(message + remaining, cause);
  }

  private void printHeader(DataSplits data, BaseModel model) throws IOException {
    run.notes().forEach(console::log);
    code().changes().forEach(console::log);
    data.notes().forEach(console::log);
    if (model.precision() == Precision.BFLOAT16 && !model.device().isGpu()) {
      Bfloat16Advice.against(model, Processor.read()).ifPresent(console::log);
    }
    ModelSummary summary = ModelSummary.of(model);
    console.log(
        "%s: %,d parameters%s on %s, in %s",
        run.file().name(),
        summary.count(),
        trainable(summary),
        Devices.nameOf(model.device()),
        run.directory().path());
  }

  /** Prints the share of time in the exchange of gradients, and the speed without it. */
  private void printExchange(int workers, double share, double examplesPerSecond) {
    console.print(
        "%d workers, %s each: %.0f %% of the time in the exchange of gradients; one process on as"
            + " many cores: at most about %.0f examples/s",
        workers,
        Formats.count(Torch.threads(), "thread"),
        100 * share,
        examplesPerSecond / (1 - share));
  }

  private static String trainable(ModelSummary summary) {
    return summary.trainable() == summary.count()
        ? ""
        : Formats.of(", %,d of them trainable,", summary.trainable());
  }

  private RunCode code() {
    return new RunCode(run.directory().path(), run.file().classpath());
  }

  /** Writes the code of a run, and the run file and the provenance of a new run. */
  private void writeRunFiles(DataSplits data, String device, int processes) throws IOException {
    RunDirectory directory = run.directory();
    Map<Path, String> code = code().save(run.code());
    try {
      run.trust().add(code, run.queries(), run.servers());
    } catch (IOException e) {
      console.log(
          "The code of the run was not added to the list of trusted code: %s. Later commands need --trust-code.",
          IoFailure.of(e));
    }
    Provenance here =
        new Provenance(
            command,
            run.binder().toTree(run.file()),
            run.changedSettings(),
            run.namedFiles(),
            code(),
            device,
            processes);
    provenance = here;
    if (run.isResumed()) {
      compare(here);
    } else {
      AtomicFile.writeText(directory.runFile(), run.binder().toYaml(run.file()));
      here.start(directory, run.files().folders(), data.fingerprint());
      recordsEnd = true;
    }
  }

  /** Compares this machine with those of the earlier processes of the run. */
  private void compare(Provenance here) throws IOException {
    boolean isAdapter =
        run.file().model() instanceof PretrainedConfig config && config.lora() != null;
    if (isAdapter) { // Checkpoints do not have the weights of the base model.
      Provenance.requireSame(run.directory(), "model.from", run.origin());
    }
    Set<String> differences = new LinkedHashSet<>();
    for (ObjectNode process :
        Provenance.processes(AtomicFile.readJson(run.directory().provenance()))) {
      differences.addAll(here.bitDifferences(process, options.exact()));
    }
    if (!differences.isEmpty()) {
      String message =
          "The result will not have the same bits as without an interruption: "
              + String.join("; ", differences)
              + ".";
      if (options.exact()) {
        throw new InvalidSettings("--exact: " + message);
      }
      console.log(message);
    }
  }

  /** The data with the thresholds of the final model, tuned on the validation split. */
  private DataSplits tuned(DataSplits data, BaseModel model) {
    MultiLabelClassification.F1Thresholds scores =
        new MultiLabelClassification.F1Thresholds(data.spec().labels().size());
    Evaluation evaluation =
        new Evaluator(model, List.of(() -> scores), run.file().training().microBatch())
            .evaluate(data.validation().orElseThrow());
    console.print("thresholds tuned on validation: f1 %s", Formats.number(evaluation.value("f1")));
    return RecordCopy.with(
        data, "spec", RecordCopy.with(data.spec(), "thresholds", scores.thresholds()));
  }

  /** Writes validation examples with the outputs of the saved model. A failure is only logged. */
  private void writeGoldenExamples(DataSplits data) {
    boolean samples = run.file().privacy().samples();
    try {
      List<ObjectNode> inputs =
          samples && data.validation().orElse(null) instanceof Dataset.OfInputs validation
              ? validation.inputs(2 * GoldenExamples.COUNT) // Predictions may refuse some.
              : List.of();
      GoldenExamples.write(run.directory().model(), run.code(), run.files(), inputs);
    } catch (IOException | RuntimeException | Error e) { // such as too little memory for the batch
      console.log("No golden examples were written: %s", Objects.toString(e.getMessage(), e + ""));
    }
  }

  private void finish(DataSplits data, BaseModel model, Outcome outcome) throws IOException {
    RunDirectory directory = run.directory();
    AtomicFile.writeJson(directory.summary(), outcome.summary());
    ModelFolder.Config config =
        ModelFolder.Config.of(
            run.file().model(),
            run.file().data().tunesThresholds() ? tuned(data, model) : data,
            run.file().classpath(),
            model);
    if (!Files.isDirectory(directory.model())) {
      FileAccess.createPrivateFolder(directory.model());
    }
    ModelFolder.save(directory.model(), model, config, data.files(), run.binder());
    if (data.spec().target() != Target.NEXT_TOKEN && data.spec().target() != Target.MASKED_TOKEN) {
      writeGoldenExamples(data);
    }
    outcome.skipped().forEach(console::log);
    outcome.lines().forEach(console::print);
    console.print("report: " + directory.report());
    console.print("run directory: " + directory.path());
  }
}
