package dev.counterpoint.runner.cli;

import com.google.inject.Guice;
import com.google.inject.Injector;
import dev.counterpoint.core.callback.StopSignal;
import dev.counterpoint.core.callback.TrainingEnd;
import dev.counterpoint.core.checkpoint.ModelHash;
import dev.counterpoint.core.data.source.DataSplits;
import dev.counterpoint.core.kernel.Precision;
import dev.counterpoint.core.model.BaseModel;
import dev.counterpoint.core.model.ModelSummary;
import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.core.training.NotFiniteException;
import dev.counterpoint.core.training.Trainer;
import dev.counterpoint.core.training.TrainingStrategy;
import dev.counterpoint.runner.RunFailed;
import dev.counterpoint.runner.machine.Bfloat16Advice;
import dev.counterpoint.runner.machine.Processor;
import dev.counterpoint.runner.report.Console;
import dev.counterpoint.runner.report.Figures;
import dev.counterpoint.runner.rundir.ModelFolder;
import dev.counterpoint.runner.rundir.Provenance;
import dev.counterpoint.runner.rundir.RunDirectory;
import dev.counterpoint.runner.rundir.Summary;
import dev.counterpoint.runner.wiring.Run;
import dev.counterpoint.runner.wiring.RunModule;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
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

  @Mixin private final ClassPathOption classpath = new ClassPathOption();

  @Spec private @Nullable CommandSpec spec;

  @Override
  public Integer call() throws IOException {
    Run run = Run.of(new Run.Request(name, sets, classpath.paths(), output));
    Console console = Consoles.of(spec);
    Injector wired = Guice.createInjector(new RunModule(run, console));
    try (DataSplits data = wired.getInstance(DataSplits.class);
        BaseModel model = wired.getInstance(BaseModel.class);
        TrainingStrategy strategy = wired.getInstance(TrainingStrategy.class)) {
      Signals signals = Signals.stopping(wired.getInstance(StopSignal.class), console);
      Trainer trainer = wired.getInstance(Trainer.class);
      introduce(run, data, model, console);
      prepare(run, data);
      TrainingEnd end = trainer.train(data);
      conclude(run, data, model, end, console);
      return signals.exitCode();
    } catch (InvalidSettings e) {
      if (!run.goesOn()) {
        run.directory().discardUnlessBegun();
      }
      throw e;
    } catch (NotFiniteException e) {
      throw new RunFailed(String.valueOf(e.getMessage()));
    }
  }

  private static void introduce(Run run, DataSplits data, BaseModel model, Console console) {
    data.notes().forEach(console::say);
    if (model.precision() == Precision.BFLOAT16) {
      Bfloat16Advice.against(model, Processor.read()).ifPresent(console::say);
    }
    ModelSummary summary = ModelSummary.of(model);
    console.say(
        String.format(
            Locale.ROOT,
            "%s: %,d parameters on %s, in %s",
            run.file().name(),
            summary.count(),
            model.device(),
            run.directory().path()));
  }

  private void prepare(Run run, DataSplits data) throws IOException {
    RunDirectory directory = run.directory();
    try {
      Files.createDirectories(directory.path());
      RunDirectory.writeText(directory.runFile(), run.binder().toYaml(run.file()));
    } catch (IOException e) {
      throw new InvalidSettings(
          "The run directory " + directory.path() + " cannot be written: " + e + ".");
    }
    if (!run.goesOn()) {
      List<String> command = new ArrayList<>(List.of("train", name));
      sets.forEach(set -> command.addAll(List.of("--set", set)));
      RunDirectory.writeJson(
          directory.provenance(),
          Provenance.of(command, run.files().folders(), data.fingerprint()));
    }
  }

  private static void conclude(
      Run run, DataSplits data, BaseModel model, TrainingEnd end, Console console)
      throws IOException {
    RunDirectory directory = run.directory();
    String hash = ModelHash.of(model.parameters());
    RunDirectory.writeJson(directory.summary(), Summary.of(end, hash));
    ModelFolder.Config config =
        new ModelFolder.Config(run.file().model(), data.spec(), run.file().classpath());
    ModelFolder.save(directory.model(), model, config, data.files(), run.binder());
    end.validation()
        .ifPresent(found -> console.print("validation: " + Figures.line(found.values())));
    console.print(
        String.format(
            Locale.ROOT,
            "%d steps in %s, %.0f items/s; model %s",
            end.steps(),
            Figures.duration(end.seconds()),
            end.items() / end.seconds(),
            hash.substring(0, 12)));
    if (end.stopReason() != null) {
      console.print("stopped: " + end.stopReason());
      console.print("go on with: ./counterpoint train " + directory.path());
    }
    console.print("in " + directory.path());
  }
}
