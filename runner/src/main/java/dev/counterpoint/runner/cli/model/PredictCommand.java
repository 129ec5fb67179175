package dev.counterpoint.runner.cli.model;

import dev.counterpoint.core.checkpoint.FolderChecksums;
import dev.counterpoint.core.internal.storage.Json;
import dev.counterpoint.core.internal.storage.Sha256;
import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.inference.ModelFolder;
import dev.counterpoint.inference.Pipeline;
import dev.counterpoint.inference.internal.code.SourcePath;
import dev.counterpoint.inference.json.InputReader;
import dev.counterpoint.inference.json.JsonPredictor;
import dev.counterpoint.inference.json.ModelInput;
import dev.counterpoint.runner.cli.option.ClassPathOption;
import dev.counterpoint.runner.cli.option.Consoles;
import dev.counterpoint.runner.cli.option.ExitCode;
import dev.counterpoint.runner.cli.option.GivenOptions;
import dev.counterpoint.runner.cli.option.SparkOptions;
import dev.counterpoint.runner.report.Console;
import dev.counterpoint.strategies.launch.ParentWatchdog;
import dev.counterpoint.strategies.spark.scoring.SparkScoring;
import dev.counterpoint.tasks.tabular.TabularRows;
import dev.counterpoint.tasks.tokenclassification.EntityPredictor;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.LongSummaryStatistics;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code counterpoint predict}: predicts labels or entities of texts, or answers to questions. */
@Command(
    name = "predict",
    description = {
      "Predicts the labels or values of texts, or answers a question about them. The texts are"
          + " given by --text, or are the lines of standard input. For a model of features each"
          + " text is a row of numbers, separated by commas or white space; for a model of pairs two"
          + " texts, separated by a tab. For a model for tables"
          + " the rows are those of --data FILE, or each text is a JSON object with the values by"
          + " column. A model of images reads the files of --image.",
      "For a model of entities prints type, probability, position and text of each entity, and a"
          + " blank line after each text.",
      "Prints label, probability and text, separated by tabs; for a regression model the values and"
          + " the text. With --question: answer, probability and position (start-end, in characters"
          + " from 0, end excluded).",
      "With --json each output line is a JSON object, and so is each line of standard input:"
          + " {\"text\": ...}, {\"text\": ..., \"text2\": ...}, {\"features\": [...]}, or {\"question\": ..., \"context\": ...}."
    })
public final class PredictCommand implements Callable<Integer> {
  private static final List<String> ON_SPARK =
      List.of("--data", "--output", "--keep", "--classpath", "--trust-code");

  /** The number of rows of a file that are predicted at once. */
  private static final int BATCH = 256;

  @Parameters(paramLabel = "RUN_DIR", description = "A run directory, or its model folder.")
  private Path directory = Path.of("");

  @Option(names = "--text", paramLabel = "TEXT", description = "The text. May be repeated.")
  private List<String> texts = new ArrayList<>();

  @Option(
      names = "--data",
      paramLabel = "FILE",
      description =
          "A table with the rows to predict: a file, a folder or a pattern, in the format of the training data; a target column is"
              + " not needed. A .yaml file has the query of a database, as sql in a run file.")
  private @Nullable Path data;

  @Option(
      names = "--image",
      paramLabel = "FILE",
      arity = "1..*",
      description = "PNG or JPEG files, for a model of images.")
  private List<String> images = new ArrayList<>();

  @Option(
      names = "--question",
      paramLabel = "TEXT",
      description = "The question about each text, for a question-answering model.")
  private @Nullable String question;

  @Option(
      names = "--top",
      paramLabel = "N",
      description =
          "Number of most likely labels or answers per text. Default: 1; with --json all labels.")
  private @Nullable Integer top;

  @Option(
      names = "--output",
      paramLabel = "FILE",
      description =
          "Writes the predictions for --data into a new .csv, .jsonl or .parquet file, for models"
              + " of tables and texts, or into the table of a database that a .yaml file names by url,"
              + " table and properties. With --spark: a folder with such a name, with a file for each"
              + " file of --data.")
  private @Nullable Path output;

  @Option(
      names = "--keep",
      paramLabel = "COLUMNS",
      split = ",",
      description = "Columns of --data to copy into --output, separated by commas.")
  private List<String> keep = new ArrayList<>();

  @Option(
      names = "--words",
      description =
          "For a model of entities: the words of the texts are separated by blanks. Otherwise"
              + " punctuation is separated as well.")
  private boolean words;

  @Option(names = "--json", description = "Reads and prints one JSON object per line.")
  private boolean json;

  @Option(
      names = "--part",
      hidden = true,
      description = "--data is one file of a table, and may be empty. For tasks of Spark.")
  private boolean part;

  @Mixin private final ClassPathOption classpath = new ClassPathOption();

  @Mixin private final SparkOptions spark = new SparkOptions();

  @Spec private @Nullable CommandSpec spec;

  @Override
  public Integer call() throws IOException {
    if (top != null && top < 1) {
      throw new InvalidSettings("--top " + top + " must be 1 or greater.");
    }
    if (output != null && (json || top != null)) {
      throw new InvalidSettings(
          "%s cannot be combined with --output, whose columns are fixed.",
          json ? "--json" : "--top");
    }
    if (output == null && !keep.isEmpty()) {
      throw new InvalidSettings("--keep needs --output, to which the columns are copied.");
    }
    if (spark.isRequested(ON_SPARK)) {
      return scoreOnSpark(Objects.requireNonNull(spec));
    }
    if (data != null) { // Otherwise standard input may have the texts.
      ParentWatchdog.of(System.getenv());
    }
    Console console = Consoles.of(spec);
    try (Pipeline pipeline = TrainedModel.open(directory, classpath, console)) {
      PredictionFormatter formatter = formatter(pipeline, console);
      InputReader reader = InputReader.of(pipeline, question);
      if (readsImages(pipeline)) {
        predictImages(formatter, console);
      } else if (output != null) {
        score(pipeline, output, console);
      } else if (data != null) {
        predictFile(rows(data), reader.table(), formatter, console);
      } else if (texts.isEmpty()) {
        new PredictLines(PredictLines.decoded(System.in), json, reader)
            .read(inputs -> formatter.format(inputs).forEach(console::printText));
      } else {
        List<ModelInput> inputs =
            texts.stream().map(text -> reader.readText("--text", text)).toList();
        formatter.format(inputs).forEach(console::printText);
      }
      formatter.remarks().forEach(console::log);
      return ExitCode.SUCCESS;
    }
  }

  /**
   * Rejects a query: its rows are in the cache of this machine, where Spark tasks cannot read them.
   */
  private int scoreOnSpark(CommandSpec command) throws IOException {
    if (output == null || data == null || DatabaseFile.isOne(data) || DatabaseFile.isOne(output)) {
      throw new InvalidSettings(
          "--spark needs --data and --output, both in folders that all machines share.");
    }
    List<String> arguments = new ArrayList<>(List.of("predict", directory.toString()));
    arguments.addAll(GivenOptions.of(command, ON_SPARK));
    return spark.submit(SparkScoring.class, arguments);
  }

  private void score(Pipeline pipeline, Path file, Console console) throws IOException {
    boolean hasColumns =
        pipeline.kind() == Pipeline.Kind.LABELS || pipeline.kind() == Pipeline.Kind.VALUES;
    if (data == null || !texts.isEmpty() || !hasColumns) {
      throw new InvalidSettings(
          "--output needs --data without --text, and a model that predicts labels or values; the"
              + " model is in %s.",
          directory);
    }
    if (pipeline.table().isEmpty() && pipeline.config().data().features() > 0) {
      throw new InvalidSettings("--output needs a model of tables or texts.");
    }
    ScoredTable table = new ScoredTable(pipeline, rows(data), keep, console);
    Path sums = ModelFolder.within(directory).resolve(FolderChecksums.FILE);
    if (spark.plan().isPresent()) {
      List<String> trusted = List.copyOf(code().hashes().values());
      table
          .plan(new ScoredFolder(file), Sha256.of(sums), taskArguments(), trusted)
          .write(spark.plan().get());
    } else if (DatabaseFile.isOne(file)) {
      table.insert(DatabaseFile.read(file, DatabaseTable.Target.class, code()), Sha256.of(sums));
    } else {
      table.write(file, part);
    }
  }

  private List<String> taskArguments() {
    List<String> arguments = new ArrayList<>(List.of(directory.toAbsolutePath().toString()));
    keep.forEach(column -> arguments.addAll(List.of("--keep", column)));
    classpath
        .paths()
        .forEach(path -> arguments.addAll(List.of("--classpath", "" + path.toAbsolutePath())));
    return arguments;
  }

  private Path rows(Path file) throws IOException {
    return DatabaseFile.table(file, code());
  }

  private SourcePath code() throws IOException {
    return TrainedModel.code(ModelFolder.within(directory), classpath);
  }

  /** Whether the model reads images; if so, images must be the only input. */
  private boolean readsImages(Pipeline pipeline) {
    boolean readsImages = pipeline.config().data().image() != null;
    boolean hasOther = !texts.isEmpty() || data != null || output != null;
    if (readsImages == images.isEmpty() || (readsImages && hasOther)) {
      throw new InvalidSettings(
          readsImages
              ? "The model in %s reads images; give their files with --image only."
              : "--image needs a model of images; the model in %s is not one.",
          directory);
    }
    return readsImages;
  }

  private void predictImages(PredictionFormatter formatter, Console console) {
    for (int from = 0; from < images.size(); from += BATCH) {
      formatter
          .format(
              images.subList(from, Math.min(images.size(), from + BATCH)).stream()
                  .map(file -> new ModelInput(file, null, null))
                  .toList())
          .forEach(console::printText);
    }
  }

  private void predictFile(
      Path file, @Nullable TabularRows table, PredictionFormatter formatter, Console console)
      throws IOException {
    if (table == null || !texts.isEmpty()) {
      throw new InvalidSettings(
          table == null
              ? "--data without --output needs a model for tables; the model in %s is not one. To predict a table of texts, add --output."
              : "--data and --text cannot be combined; the model is in %s.",
          directory);
    }
    List<ModelInput> pending = new ArrayList<>();
    table.read(
        file,
        row -> {
          String text = Json.MAPPER.valueToTree(row).toString();
          pending.add(new ModelInput(text, null, null));
          if (pending.size() == BATCH) {
            formatter.format(pending).forEach(console::printText);
            pending.clear();
          }
        });
    if (!pending.isEmpty()) {
      formatter.format(pending).forEach(console::printText);
    }
  }

  private PredictionFormatter formatter(Pipeline pipeline, Console console) {
    Pipeline.Kind kind = pipeline.kind();
    if (kind == Pipeline.Kind.ANSWERS && question == null && !(json && texts.isEmpty())) {
      throw new InvalidSettings(
          "The model in %s answers questions; give --question, or --json and the questions"
              + " as JSON lines.",
          directory);
    }
    if (kind != Pipeline.Kind.ANSWERS && question != null) {
      throw new InvalidSettings(
          "The model in %s does not answer questions; --question requires a model trained"
              + " on data of type question-answering.",
          directory);
    }
    if (kind == Pipeline.Kind.ENTITIES && top != null) {
      throw new InvalidSettings(
          "--top does not apply to the model in %s, which always returns all entities.", directory);
    }
    if (kind != Pipeline.Kind.ENTITIES && words) {
      throw new InvalidSettings(
          "The model in %s does not find entities; --words requires a model trained on data of type"
              + " token-classification.",
          directory);
    }
    if (kind == Pipeline.Kind.TEXT) {
      throw new InvalidSettings(
          "The model in %s has no labels. A causal language model continues texts with generate; a masked language model is fine-tuned with model.from and model.newHead.",
          directory);
    }
    if (!pipeline.isActivationDeclared() && kind != Pipeline.Kind.RESULTS) {
      console.log(
          "The loss of the model does not declare how outputs become predictions; printing "
              + (pipeline.labels().isEmpty() ? "the outputs." : "their softmax."));
    }
    EntityPredictor.Words split = words ? EntityPredictor.Words.BLANKS : EntityPredictor.Words.TEXT;
    return new PredictionFormatter(
        new JsonPredictor(pipeline, top, split), json, new LongSummaryStatistics());
  }
}
