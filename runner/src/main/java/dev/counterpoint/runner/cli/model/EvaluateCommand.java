package dev.counterpoint.runner.cli.model;

import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.inject.Guice;
import com.google.inject.Injector;
import com.google.inject.Module;
import com.google.inject.util.Modules;
import dev.counterpoint.core.checkpoint.Checkpoint;
import dev.counterpoint.core.checkpoint.CheckpointStore;
import dev.counterpoint.core.data.Dataset;
import dev.counterpoint.core.data.ModelSignature;
import dev.counterpoint.core.data.source.DataContext;
import dev.counterpoint.core.data.source.DataSplits;
import dev.counterpoint.core.data.source.EvaluationSource;
import dev.counterpoint.core.data.source.Fingerprint;
import dev.counterpoint.core.internal.storage.Json;
import dev.counterpoint.core.loss.OutputActivation;
import dev.counterpoint.core.metric.Evaluation;
import dev.counterpoint.core.model.BaseModel;
import dev.counterpoint.core.settings.CacheFolder;
import dev.counterpoint.core.settings.Excerpt;
import dev.counterpoint.core.settings.Formats;
import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.core.training.Evaluator;
import dev.counterpoint.inference.ModelFolder;
import dev.counterpoint.runner.RunFailed;
import dev.counterpoint.runner.cli.option.ClassPathOption;
import dev.counterpoint.runner.cli.option.ConsoleCommand;
import dev.counterpoint.runner.experiment.BuiltInData;
import dev.counterpoint.runner.report.Console;
import dev.counterpoint.runner.wiring.ActivityFailed;
import dev.counterpoint.runner.wiring.FileFinder;
import dev.counterpoint.runner.wiring.Run;
import dev.counterpoint.runner.wiring.RunModule;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code counterpoint evaluate}: computes the metrics of a trained model on its data splits. */
@Command(
    name = "evaluate",
    description = "Evaluates the model of a run on all splits of its data except train.")
public final class EvaluateCommand extends ConsoleCommand {
  @Parameters(paramLabel = "RUN_DIR", description = "A run directory.")
  private Path directory = Path.of("");

  @Option(
      names = "--split",
      paramLabel = "NAME",
      description = "Evaluates only this split, which may be train.")
  private @Nullable String split;

  @Option(
      names = "--data",
      paramLabel = "FILE",
      description =
          "Evaluates this file instead of the data of the run, with the model's tokenizer and"
              + " labels. It must have the same format as the training data. A .yaml file has the"
              + " query of a database, as sql in a run file.")
  private @Nullable String file;

  @Option(
      names = "--set",
      paramLabel = "KEY=VALUE",
      description = "Overrides a run-file value, such as data.test.path=more.tsv. May be repeated.")
  private List<String> sets = new ArrayList<>();

  @Option(names = "--json", description = "Prints one JSON object.")
  private boolean json;

  @Mixin private final ClassPathOption classpath = new ClassPathOption();

  /** The settings that determine which examples are in the training split. */
  private static final Pattern SPLIT_SETTINGS =
      Pattern.compile("(seed|data\\.(split|validationShare))\\b");

  @Override
  protected void run(Console console) throws IOException {
    sets.stream()
        .filter(set -> SPLIT_SETTINGS.matcher(set).lookingAt())
        .findFirst()
        .ifPresent(
            set -> {
              throw new InvalidSettings(
                  "--set %s would move training examples into the evaluated splits. To evaluate other data, use --data FILE, or --set data.test.path=FILE.",
                  Excerpt.of(set));
            });
    Run run = Run.existing(directory, sets, classpath.paths(), classpath.trust());
    run.notes().forEach(console::log);
    TrainedModel.warnIfChanged(directory, run.file().classpath(), console);
    Injector wired = Guice.createInjector(wiring(run, console));
    try (DataSplits data = wired.getInstance(DataSplits.class);
        BaseModel model = wired.getInstance(BaseModel.class)) {
      loadWeights(run, model, data, wired.getInstance(CheckpointStore.class), console);
      if (file != null) {
        data.notes().forEach(console::log);
      } else if (sets.isEmpty()) {
        warnIfChanged(data, wired.getInstance(CheckpointStore.class), console);
      }
      int microBatch = run.file().training().microBatch();
      Evaluator evaluator = new Evaluator(model, data.metrics(), microBatch);
      Map<String, Evaluation> evaluations = new TreeMap<>();
      selectedSplits(data)
          .forEach((name, examples) -> evaluations.put(name, evaluator.evaluate(examples)));
      evaluations.forEach(EvaluateCommand::requireFinite);
      if (json) {
        console.printText(json(evaluations).toPrettyString());
      } else {
        evaluations.forEach((name, evaluation) -> print(name, evaluation, console));
      }
    }
  }

  private static void requireFinite(String split, Evaluation evaluation) {
    double loss = evaluation.value(Evaluation.LOSS);
    if (!Double.isFinite(loss)) {
      throw new RunFailed(
          "The loss on %s is %s: the weights of the model, or the data, are not finite."
              .formatted(split, loss));
    }
  }

  /** Returns the wiring of the run; {@code --data} replaces its data. */
  private Module wiring(Run run, Console console) throws IOException {
    RunModule module = new RunModule(run, console);
    if (file == null) {
      Path folder = run.directory().model();
      if (!ModelFolder.hasAllWeights(folder) && !ModelFolder.isAdapter(folder)) {
        return module;
      }
      return replacing(module, openForModel(run, ModelFolder.config(folder, run.binder())));
    }
    if (split != null) {
      throw new InvalidSettings(
          "--split cannot be combined with --data, which replaces the data of the run.");
    }
    return replacing(module, openFile(run, file));
  }

  private static Module replacing(RunModule module, DataSplits data) {
    return Modules.override(module).with(binder -> binder.bind(DataSplits.class).toInstance(data));
  }

  /**
   * Opens the data of a run with the tokenizer, statistics and labels of its model: the training
   * data may have changed.
   */
  private static DataSplits openForModel(Run run, ModelFolder.Config config) throws IOException {
    List<String> labels = config.data().labels();
    DataSplits data = RunModule.data(run, run.directory().model(), config.data());
    List<String> found = data.spec().labels();
    if (!found.equals(labels)) {
      data.close();
      throw new InvalidSettings(
          "The labels of the data are %s, but the model was trained with %s.",
          Excerpt.ofList(found), Excerpt.ofList(labels));
    }
    return data;
  }

  private static DataSplits openFile(Run run, String file) throws IOException {
    if (!(run.file().data() instanceof EvaluationSource source)) {
      throw new InvalidSettings(
          "--data is not supported by the data of this run, %s, which does not implement"
              + " %s. Use --set data.KEY=VALUE to change its settings.",
          run.file().data().getClass().getName(), EvaluationSource.class.getName());
    }
    String path =
        DatabaseFile.isOne(Path.of(file))
            ? DatabaseFile.table(Path.of(file), run.code()).toString()
            : file;
    Path model = run.directory().model();
    ModelFolder.Config config = ModelFolder.config(model, run.binder());
    FileFinder files = new FileFinder(List.of(Path.of("")), new BuiltInData(CacheFolder.path()));
    int maxLength = run.file().model().maxLength();
    long seed = run.file().seed();
    DataContext context =
        new DataContext(
            CacheFolder.path(), files, maxLength, seed, model, config.data(), config.prediction());
    return ActivityFailed.during(
        "opening " + file,
        () -> source.openFile(path, config.data(), context).withMetrics(run.file().metrics()));
  }

  private Map<String, Dataset> selectedSplits(DataSplits data) {
    Map<String, Dataset> selected = new TreeMap<>(data.splits());
    if (split == null) {
      selected.remove(DataSplits.TRAIN);
    } else {
      selected.keySet().retainAll(List.of(split));
    }
    if (selected.isEmpty()) {
      throw new InvalidSettings(
          "%s; its splits are %s.",
          split == null
              ? "The data has no split to evaluate"
              : "The data has no split \"" + split + "\"",
          String.join(", ", new TreeMap<>(data.splits()).keySet()));
    }
    return selected;
  }

  private static void warnIfChanged(DataSplits data, CheckpointStore checkpoints, Console console)
      throws IOException {
    checkpoints
        .newest()
        .checkpoint()
        .map(it -> changedData(data, it))
        .filter(changed -> !changed.isEmpty())
        .ifPresent(
            changed ->
                console.log(
                    "The data has changed since the run was trained: %s.",
                    String.join(", ", changed)));
  }

  /** The splits that have changed since a checkpoint was saved. */
  private static List<String> changedData(DataSplits data, Checkpoint checkpoint) {
    return Fingerprint.parse(data.fingerprint())
        .changedSince(Fingerprint.parse(checkpoint.state().path("dataFingerprint").asText()));
  }

  private static void loadWeights(
      Run run, BaseModel model, DataSplits data, CheckpointStore checkpoints, Console console)
      throws IOException {
    Path folder = run.directory().model();
    if (ModelFolder.hasAllWeights(folder)
        || (ModelFolder.isAdapter(folder) && run.origin() != null)) {
      ModelFolder.loadWeights(folder, ModelFolder.config(folder, run.binder()), model);
      requireSameDecision(folder, model);
      return;
    }
    Checkpoint newest =
        checkpoints
            .newest()
            .checkpoint()
            .orElseThrow(
                () ->
                    new InvalidSettings(
                        "%s has neither a model nor a complete checkpoint.",
                        run.directory().path()));
    if (changedData(data, newest).contains(DataSplits.TRAIN)) {
      throw new InvalidSettings(
          "The training data has changed since the checkpoint of step %s was saved. Restore it, or evaluate another file with --data after the run has ended.",
          newest.step());
    }
    newest.loadModel(model.parameters());
    console.log(
        "%s; evaluating the checkpoint of step %s.",
        ModelFolder.isAdapter(folder)
            ? "The base model of the adapter is missing"
            : "The run has no model folder yet",
        newest.step());
  }

  /** Requires the loss to have the same decision as the loss with which the model was trained. */
  private static void requireSameDecision(Path folder, BaseModel model) throws IOException {
    String trained = ModelSignature.read(folder).map(ModelSignature::decision).orElse("");
    for (OutputActivation each : OutputActivation.values()) {
      if (each.name().equalsIgnoreCase(trained)
          && model.outputActivation().filter(own -> own != each).isPresent()) {
        throw new InvalidSettings(
            "The model in %s was trained for the decision %s, but the evaluation loss"
                + " implies %s.",
            folder, trained, model.outputActivation().orElseThrow());
      }
    }
  }

  private static ObjectNode json(Map<String, Evaluation> evaluations) {
    ObjectNode json = Json.MAPPER.createObjectNode();
    evaluations.forEach(
        (name, evaluation) -> {
          ObjectNode values = json.putObject(name);
          values.put("items", evaluation.examples());
          Json.putAll(evaluation.values(), values);
        });
    return json;
  }

  private static void print(String name, Evaluation evaluation, Console console) {
    console.print(
        "%s (%s): %s",
        name, Formats.count(evaluation.examples(), "example"), Formats.line(evaluation.values()));
    evaluation.remarks().forEach(remark -> console.print("  " + remark));
  }
}
