package dev.counterpoint.runner.cli;

import com.google.inject.Guice;
import com.google.inject.Injector;
import com.google.inject.Key;
import com.google.inject.ProvisionException;
import dev.counterpoint.core.callback.Callback;
import dev.counterpoint.core.callback.StopSignal;
import dev.counterpoint.core.callback.TrainingEnd;
import dev.counterpoint.core.checkpoint.CheckpointStore;
import dev.counterpoint.core.data.source.DataSplits;
import dev.counterpoint.core.kernel.Precision;
import dev.counterpoint.core.model.BaseModel;
import dev.counterpoint.core.model.ModelSummary;
import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.core.storage.AtomicFile;
import dev.counterpoint.core.storage.IoFailure;
import dev.counterpoint.core.training.NotFiniteException;
import dev.counterpoint.core.training.OutOfMemory;
import dev.counterpoint.core.training.Trainer;
import dev.counterpoint.core.training.TrainingStrategy;
import dev.counterpoint.inference.ModelFolder;
import dev.counterpoint.runner.LauncherCommand;
import dev.counterpoint.runner.RunFailed;
import dev.counterpoint.runner.check.StepTrace;
import dev.counterpoint.runner.experiment.BuiltInData;
import dev.counterpoint.runner.launch.Leash;
import dev.counterpoint.runner.launch.Place;
import dev.counterpoint.runner.launch.Ranks;
import dev.counterpoint.runner.machine.Bfloat16Advice;
import dev.counterpoint.runner.machine.Processor;
import dev.counterpoint.runner.report.Console;
import dev.counterpoint.runner.report.Formats;
import dev.counterpoint.runner.report.TrainingProgress;
import dev.counterpoint.runner.rundir.CrashMarker;
import dev.counterpoint.runner.rundir.Outcome;
import dev.counterpoint.runner.rundir.Provenance;
import dev.counterpoint.runner.rundir.ResumeRecord;
import dev.counterpoint.runner.rundir.RunDirectory;
import dev.counterpoint.runner.rundir.RunLock;
import dev.counterpoint.runner.rundir.UserCode;
import dev.counterpoint.runner.wiring.Devices;
import dev.counterpoint.runner.wiring.Run;
import dev.counterpoint.runner.wiring.RunModule;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code counterpoint train}: from here to the trainer is one call. */
@Command(name = "train", description = "Trains the model of a run file, or goes on with a run.")
final class TrainCommand implements Callable<Integer> {
  @Parameters(
      paramLabel = "RUN",
      description = "A built-in name, a YAML file, or a run directory to go on with.")
  private String name = "";

  @Option(
      names = "--set",
      paramLabel = "KEY=VALUE",
      description = "Lays a value over the run file's, as training.epochs=5. May be repeated.")
  private List<String> sets = new ArrayList<>();

  @Option(
      names = "--output",
      paramLabel = "DIR",
      description = "The run directory; otherwise runs/NAME-TIME.")
  private @Nullable Path output;

  @Option(
      names = "--trace",
      paramLabel = "FILE",
      description = "Appends loss, gradient norm and rate of each step, bit for bit, to a file.")
  private @Nullable Path trace;

  @Mixin private final ClassPathOption classpath = new ClassPathOption();

  @Mixin private final SeveralMachines machines = new SeveralMachines();

  @Mixin private final SparkOptions spark = new SparkOptions();

  @Spec private @Nullable CommandSpec spec;

  @Override
  public Integer call() throws IOException {
    if (spark.asked()) {
      return spark.carryOut(new Run.Request(name, sets, classpath.paths(), output));
    }
    Leash leash = Leash.of(System.getenv());
    Optional<Place> place = Place.of(System.getenv());
    Run run = Run.of(new Run.Request(name, sets, classpath.paths(), output, place.isPresent()));
    Console console = Consoles.of(spec);
    if (place.isEmpty() && machines.concerns(run)) {
      Launching.Asked asked = new Launching.Asked(name, sets, classpath.paths(), output, trace);
      return new Launching(asked, machines, console, Objects.requireNonNull(spec).commandLine())
          .call(run);
    }
    RunLock lock = lock(run, place);
    Ranks ranks = place.isPresent() ? Ranks.meet(place.get(), run, console) : Ranks.none();
    Injector wired =
        Guice.createInjector(new RunModule(run, console, watchers(run), ranks.participation()));
    boolean leads = ranks.participation().leads();
    try (ranks;
        lock;
        console;
        DataSplits data = wired.getInstance(DataSplits.class);
        BaseModel model = wired.getInstance(BaseModel.class);
        TrainingStrategy strategy = wired.getInstance(TrainingStrategy.class);
        ranks; // Before the strategy: whoever misses this one in the ring must know already why.
        CrashMarker crashMarker = wired.getInstance(CrashMarker.class)) {
      if (leads) {
        CrashMarker.take(run.directory()).ifPresent(console::say);
      }
      Signals signals = Signals.stopping(wired.getInstance(StopSignal.class), console, leash);
      Trainer trainer = wired.getInstance(Trainer.class);
      introduce(run, data, model, console);
      if (leads) {
        prepare(run, data);
      }
      TrainingEnd end = trainer.train(data);
      List<Callback> callbacks = wired.getInstance(new Key<List<Callback>>() {});
      if (leads) {
        conclude(run, data, model, Outcome.of(end, model, callbacks), console);
      }
      if (signals.exitCode() != ExitCode.DONE) {
        console.print("go on with: " + LauncherCommand.line("train", run.directory().path()));
      }
      ranks.done();
      return signals.exitCode();
    } catch (InvalidSettings | ProvisionException e) {
      if (leads && !run.isResumed()) {
        run.directory().discardUnlessBegun();
      }
      throw e;
    } catch (NotFiniteException e) {
      String replay = e.snapshot().map(folder -> " " + TrainingProgress.replay(folder)).orElse("");
      throw new RunFailed(e.getMessage() + replay, e);
    } catch (OutOfMemory e) {
      throw new RunFailed(String.valueOf(e.getMessage()), e);
    } catch (UncheckedIOException e) {
      throw failed(run, Objects.requireNonNull(e.getCause()));
    } catch (IOException e) {
      throw failed(run, e);
    }
  }

  /** Of several ranks the first one writes, for whoever has started them; null for the others. */
  private static @Nullable RunLock lock(Run run, Optional<Place> place) {
    if (place.isEmpty()) {
      return RunLock.hold(run.directory(), run.isResumed());
    }
    return place.get().rank() == 0 ? RunLock.holdForWriting(run.directory()) : null;
  }

  private List<Callback> watchers(Run run) {
    List<Callback> watchers = new ArrayList<>();
    if (run.isResumed()) {
      watchers.add(new ResumeRecord(run.directory(), command(), run.file().classpath()));
    }
    if (trace != null) {
      watchers.add(new StepTrace(trace));
    }
    return watchers;
  }

  /** What was asked, as the provenance keeps it. */
  private List<String> command() {
    List<String> command = new ArrayList<>(List.of("train", name));
    sets.forEach(set -> command.addAll(List.of("--set", set)));
    return command;
  }

  /** What the disk did not do, and what is left of the run. */
  private static RunFailed failed(Run run, IOException cause) {
    RunDirectory directory = run.directory();
    try {
      directory.requireThere();
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
                    sentence + " To go on: " + LauncherCommand.line("train", directory.path()))
            .orElse("");
    return new RunFailed(message + remaining, cause);
  }

  private static void introduce(Run run, DataSplits data, BaseModel model, Console console)
      throws IOException {
    UserCode.changes(run.directory(), run.file().classpath()).forEach(console::say);
    BuiltInData.notes(run.binder().toYaml(run.file())).forEach(console::say);
    data.notes().forEach(console::say);
    if (model.precision() == Precision.BFLOAT16 && !model.device().isGpu()) {
      Bfloat16Advice.against(model, Processor.read()).ifPresent(console::say);
    }
    ModelSummary summary = ModelSummary.of(model);
    console.say(
        String.format(
            Locale.ROOT,
            "%s: %,d parameters%s on %s, in %s",
            run.file().name(),
            summary.count(),
            trained(summary),
            Devices.nameOf(model.device()),
            run.directory().path()));
  }

  private static String trained(ModelSummary summary) {
    return summary.trainable() == summary.count()
        ? ""
        : String.format(Locale.ROOT, ", %,d of them trained,", summary.trainable());
  }

  /** The first files of a new run. */
  private void prepare(Run run, DataSplits data) throws IOException {
    RunDirectory directory = run.directory();
    if (!run.isResumed()) {
      AtomicFile.writeText(directory.runFile(), run.binder().toYaml(run.file()));
      AtomicFile.writeJson(
          directory.provenance(),
          Provenance.of(
              command(),
              run.files().folders(),
              data.fingerprint(),
              UserCode.of(directory, run.file().classpath())));
    }
  }

  private static void conclude(
      Run run, DataSplits data, BaseModel model, Outcome outcome, Console console)
      throws IOException {
    RunDirectory directory = run.directory();
    AtomicFile.writeJson(directory.summary(), outcome.summary());
    ModelFolder.Config config =
        new ModelFolder.Config(
            run.file().model(), data.spec(), run.file().classpath(), data.prediction());
    ModelFolder.save(directory.model(), model, config, data.files(), run.binder());
    outcome.passedOver().forEach(console::say);
    if (!outcome.validation().isEmpty()) {
      console.print("validation: " + Formats.line(outcome.validation()));
    }
    TrainingEnd end = outcome.end();
    end.validation()
        .map(last -> Formats.line(last.values()))
        .filter(last -> !last.equals(Formats.line(outcome.validation())))
        .ifPresent(last -> console.print("last validation: " + last));
    console.print(
        String.format(
            Locale.ROOT,
            "%s in %s, %.0f examples/s; %s, hash %s",
            Formats.count(end.steps(), "step"),
            Formats.duration(end.seconds()),
            end.items() / end.seconds(),
            outcome.best().map(best -> "best model: step " + best.step()).orElse("last model"),
            outcome.modelHash().substring(0, 12)));
    if (end.stopReason() != null) {
      console.print("stopped: " + end.stopReason());
    }
    console.print("report: " + directory.report());
    console.print("run directory: " + directory.path());
  }
}
