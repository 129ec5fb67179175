package dev.counterpoint.runner.cli;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.inject.Guice;
import com.google.inject.Injector;
import com.google.inject.Module;
import com.google.inject.util.Modules;
import dev.counterpoint.core.checkpoint.Checkpoint;
import dev.counterpoint.core.checkpoint.CheckpointStore;
import dev.counterpoint.core.data.DataSpec;
import dev.counterpoint.core.data.Dataset;
import dev.counterpoint.core.data.source.DataContext;
import dev.counterpoint.core.data.source.DataSplits;
import dev.counterpoint.core.data.source.EvaluationSource;
import dev.counterpoint.core.metric.Evaluation;
import dev.counterpoint.core.model.BaseModel;
import dev.counterpoint.core.settings.CacheFolder;
import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.core.training.Evaluator;
import dev.counterpoint.inference.ModelFolder;
import dev.counterpoint.runner.experiment.BuiltInData;
import dev.counterpoint.runner.report.Console;
import dev.counterpoint.runner.report.Formats;
import dev.counterpoint.runner.wiring.FileFinder;
import dev.counterpoint.runner.wiring.Run;
import dev.counterpoint.runner.wiring.RunModule;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code counterpoint evaluate}: the measures of a trained model on the splits of its data. */
@Command(
    name = "evaluate",
    description = "Measures the model of a run on every split of its data but train.")
final class EvaluateCommand implements Callable<Integer> {
  @Parameters(paramLabel = "RUN_DIR", description = "A run directory.")
  private Path directory = Path.of("");

  @Option(names = "--split", paramLabel = "NAME", description = "Only this split; train, too.")
  private @Nullable String split;

  @Option(
      names = "--data",
      paramLabel = "FILE",
      description =
          "Only this file, of the kind that the model was trained on, by the model's own tokens and"
              + " labels; the data of the run is not read.")
  private @Nullable String file;

  @Option(
      names = "--set",
      paramLabel = "KEY=VALUE",
      description =
          "Lays a value over the run file's, as data.test.path=more.tsv. May be repeated.")
  private List<String> sets = new ArrayList<>();

  @Option(names = "--json", description = "Prints one JSON object.")
  private boolean json;

  @Mixin private final ClassPathOption classpath = new ClassPathOption();

  @Spec private @Nullable CommandSpec spec;

  @Override
  public Integer call() throws IOException {
    Run run = Run.existing(directory, sets, classpath.paths());
    Console console = Consoles.of(spec);
    TrainedModel.tellChanges(directory, run.file().classpath(), console);
    Injector wired = Guice.createInjector(wiring(run, console));
    try (DataSplits data = wired.getInstance(DataSplits.class);
        BaseModel model = wired.getInstance(BaseModel.class)) {
      loadWeights(run, model, wired.getInstance(CheckpointStore.class), console);
      if (file != null) {
        data.notes().forEach(console::say);
      }
      int atOnce = run.file().training().microBatch();
      Evaluator evaluator = new Evaluator(model, data.metrics(), atOnce);
      Map<String, Evaluation> found = new TreeMap<>();
      chosen(data).forEach((name, items) -> found.put(name, evaluator.evaluate(items)));
      if (json) {
        console.print(json(found).toPrettyString());
      } else {
        found.forEach((name, evaluation) -> show(name, evaluation, console));
      }
    }
    return ExitCode.DONE;
  }

  /** The run's own wiring, but for its data where a file takes that place. */
  private Module wiring(Run run, Console console) throws IOException {
    RunModule own = new RunModule(run, console);
    if (file == null) {
      return own;
    }
    if (split != null) {
      throw new InvalidSettings("--split is for the data of the run, and --data takes its place.");
    }
    DataSplits heldOut = heldOut(run, file);
    return Modules.override(own).with(binder -> binder.bind(DataSplits.class).toInstance(heldOut));
  }

  private static DataSplits heldOut(Run run, String file) throws IOException {
    if (!(run.file().data() instanceof EvaluationSource source)) {
      throw new InvalidSettings(
          "The data of this run, "
              + run.file().data().getClass().getName()
              + ", reads no other file by --data; it would have to be a "
              + EvaluationSource.class.getName()
              + ". --set data.KEY=VALUE changes its settings.");
    }
    Path model = run.directory().model();
    DataSpec trained = ModelFolder.config(model, run.binder()).data();
    FileFinder files = new FileFinder(List.of(Path.of("")), new BuiltInData(CacheFolder.path()));
    int maxLength = run.file().model().maxLength();
    return source.openFile(
        file,
        trained,
        new DataContext(CacheFolder.path(), files, maxLength, run.file().seed(), model));
  }

  private Map<String, Dataset> chosen(DataSplits data) {
    Map<String, Dataset> chosen = new TreeMap<>(data.splits());
    if (split == null) {
      chosen.remove(DataSplits.TRAIN);
    } else {
      chosen.keySet().retainAll(List.of(split));
    }
    if (chosen.isEmpty()) {
      throw new InvalidSettings(
          (split == null ? "There is no split but train" : "There is no split \"" + split + "\"")
              + "; the data has "
              + String.join(", ", new TreeMap<>(data.splits()).keySet())
              + ".");
    }
    return chosen;
  }

  private static void loadWeights(
      Run run, BaseModel model, CheckpointStore checkpoints, Console console) throws IOException {
    Path folder = run.directory().model();
    if (ModelFolder.hasAllWeights(folder)
        || (ModelFolder.isAdapter(folder) && run.origin() != null)) {
      ModelFolder.loadWeights(folder, ModelFolder.config(folder, run.binder()), model);
      return;
    }
    Checkpoint newest =
        checkpoints
            .newest()
            .checkpoint()
            .orElseThrow(
                () ->
                    new InvalidSettings(
                        run.directory().path() + " has neither a model nor a whole checkpoint."));
    newest.loadModel(model.parameters());
    console.say(
        (ModelFolder.isAdapter(folder)
                ? "What the adapter adapts is gone"
                : "There is no model folder yet")
            + "; this is the checkpoint of step "
            + newest.step()
            + ".");
  }

  private static ObjectNode json(Map<String, Evaluation> found) {
    ObjectNode json = new JsonMapper().createObjectNode();
    found.forEach(
        (name, evaluation) -> {
          ObjectNode values = json.putObject(name);
          values.put("items", evaluation.items());
          evaluation.values().forEach(values::put);
        });
    return json;
  }

  private static void show(String name, Evaluation evaluation, Console console) {
    console.print(
        name
            + " ("
            + Formats.count(evaluation.items(), "item")
            + "): "
            + Formats.line(evaluation.values()));
    evaluation.remarks().forEach(remark -> console.print("  " + remark));
  }
}
