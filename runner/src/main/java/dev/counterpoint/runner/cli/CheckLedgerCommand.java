package dev.counterpoint.runner.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.inject.Guice;
import dev.counterpoint.core.checkpoint.Checkpoint;
import dev.counterpoint.core.checkpoint.CheckpointStore;
import dev.counterpoint.core.data.source.DataSplits;
import dev.counterpoint.core.data.source.Fingerprint;
import dev.counterpoint.core.internal.storage.AtomicFile;
import dev.counterpoint.core.internal.storage.FolderEntries;
import dev.counterpoint.core.internal.storage.Json;
import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.runner.RunFailed;
import dev.counterpoint.runner.check.HistoryCheck;
import dev.counterpoint.runner.check.Ledger;
import dev.counterpoint.runner.cli.option.ClassPathOption;
import dev.counterpoint.runner.cli.option.ConsoleCommand;
import dev.counterpoint.runner.report.Console;
import dev.counterpoint.runner.rundir.Provenance;
import dev.counterpoint.runner.rundir.RunDirectory;
import dev.counterpoint.runner.wiring.Run;
import dev.counterpoint.runner.wiring.RunModule;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code counterpoint check ledger}: tells when a run used a record of its training data. */
@Command(
    name = "ledger",
    description =
        "Prints the steps in which a record of the training file was used, and which checkpoints and"
            + " models were trained with it. Nothing is trained.")
final class CheckLedgerCommand extends ConsoleCommand {
  @Parameters(paramLabel = "RUN_DIR", description = "The run directory; it is not changed.")
  private Path folder = Path.of("");

  @Option(
      names = "--record",
      paramLabel = "FILE:LINE",
      required = true,
      description =
          "The training file and the line at which the record begins, or the number of its row or"
              + " image, from 1; for question-answering FILE:ID with the id of a question; for an"
              + " image in a folder FILE. Or the record as messages name it.")
  private String record = "";

  @Option(names = "--json", description = "Prints one JSON object.")
  private boolean json;

  @Mixin private final ClassPathOption classpath = new ClassPathOption();

  @Override
  protected void run(Console console) throws IOException {
    RunDirectory directory = RunDirectory.requireRecorded(folder);
    CheckpointStore store = new CheckpointStore(directory.checkpoints(), 1);
    Optional<Checkpoint> newest = store.newest().checkpoint();
    Run run = Run.existing(folder, List.of(), classpath.paths(), classpath.trust());
    try (console;
        DataSplits data =
            Guice.createInjector(new RunModule(run, console)).getInstance(DataSplits.class)) {
      requireUnchanged(run, recordedRunFile(directory, newest), data);
      Set<String> unverified = new TreeSet<>();
      Map<String, Long> models = models(run, unverified);
      Ledger ledger = new Ledger(data.train(), run.file().training(), run.file().seed());
      Set<Long> examples = ledger.examples(origins(run));
      long steps = AtomicFile.readJson(directory.summary()).path("steps").asLong();
      long last = Math.max(steps, Collections.max(models.values()));
      Optional<String> from = run.startingWeights();
      from.ifPresent(
          it ->
              console.log(
                  "The run started from the weights in %s; it is not known whether this record was in their training data.",
                  it));
      if (json) {
        ObjectNode object = object(ledger.steps(examples, last), last, models, unverified);
        from.ifPresent(it -> object.put("startedFrom", it));
        console.printText(object.toPrettyString());
      } else {
        print(ledger.steps(examples, last), last, models, unverified, console);
      }
    }
  }

  /**
   * The step of each checkpoint and of the final model, by its path in the run directory.
   *
   * @param unverified receives the paths whose step the history does not prove
   */
  private static Map<String, Long> models(Run current, Set<String> unverified) throws IOException {
    RunDirectory run = current.directory();
    Map<String, Long> models = new TreeMap<>();
    for (Path folder : FolderEntries.of(run.checkpoints())) {
      String name = folder.getFileName().toString();
      if (!name.startsWith(".")) {
        models.put("checkpoints/" + name, Checkpoint.open(folder).step());
      }
    }
    JsonNode summary = AtomicFile.readJson(run.summary());
    if (summary.has("steps")) {
      models.put(
          HistoryCheck.MODEL, summary.path("bestStep").asLong(summary.path("steps").asLong()));
    }
    if (models.isEmpty()) {
      throw new InvalidSettings(run.path() + " has neither a checkpoint nor a result.");
    }
    unverified.addAll(models.keySet());
    if (Files.exists(run.history())) { // an earlier version does not write it
      HistoryCheck history = new HistoryCheck(run);
      RunFailed.ifAny(history.faults());
      history.inputs(current);
      unverified.retainAll(history.others());
      Map<String, Long> verified = history.verified(HistoryCheck.Segment.ALL);
      models.putAll(verified);
      unverified.removeAll(verified.keySet());
    }
    return models;
  }

  /** Requires settings and data to be unchanged; otherwise the steps would be wrong. */
  private static void requireUnchanged(Run run, String recordedRunFile, DataSplits data)
      throws IOException {
    InvalidSettings.requireNone(run.changedSince(recordedRunFile));
    String recorded =
        AtomicFile.readJson(run.directory().provenance()).path("dataFingerprint").asText();
    Fingerprint trained = Fingerprint.parse(recorded);
    Fingerprint now = Fingerprint.parse(data.fingerprint());
    if (!trained.hash().equals(now.hash())) {
      throw new InvalidSettings(
          "The data in %s has changed since the run was trained. Restore it.",
          now.changedSince(trained));
    }
  }

  private static String recordedRunFile(RunDirectory run, Optional<Checkpoint> newest)
      throws IOException {
    JsonNode settings = Provenance.lastProcess(run).path("settings");
    if (newest.isEmpty() && !settings.isObject()) {
      throw new InvalidSettings(
          run.path() + " has no intact checkpoint, and no settings in provenance.json.");
    }
    return newest
        .map(checkpoint -> Run.recordedBy(checkpoint).path("runFile").asText())
        .orElseGet(settings::toString);
  }

  /** The origins of {@code --record}, whose file and line may both contain colons. */
  private List<String> origins(Run run) throws IOException {
    for (int i = record.indexOf(':'); i > 0; i = record.indexOf(':', i + 1)) {
      if (Files.isRegularFile(file(run, record.substring(0, i)))) {
        return Ledger.origins(trainingFile(run, record.substring(0, i)), record.substring(i + 1));
      }
    }
    boolean isFile = Files.isRegularFile(file(run, record));
    return List.of(isFile ? trainingFile(run, record).toString() : record);
  }

  private static Path file(Run run, String name) {
    Path given = Path.of(name);
    return Files.exists(given) ? given : run.files().apply(name);
  }

  private static Path trainingFile(Run run, String name) throws IOException {
    Path file = file(run, name);
    Path training = run.namedFiles().get("data.train.path");
    if (training == null || Files.isDirectory(training)) {
      return file.toAbsolutePath().normalize();
    }
    if (!Files.isSameFile(file, training)) {
      throw new InvalidSettings(
          "--record: " + file + " is not the training file of the run, " + training + ".");
    }
    return training;
  }

  private static long first(List<Long> steps) {
    return steps.isEmpty() ? Long.MAX_VALUE : steps.get(0);
  }

  private ObjectNode object(
      List<Long> steps, long last, Map<String, Long> models, Set<String> unverified) {
    ObjectNode object = Json.MAPPER.createObjectNode().put("record", record);
    object.put("trainedSteps", last);
    steps.forEach(object.putArray("steps")::add);
    ObjectNode trainedWith = object.putObject("trainedWithRecord");
    models.forEach((name, step) -> trainedWith.put(name, step >= first(steps)));
    unverified.forEach(object.putArray("notVerified")::add);
    return object;
  }

  private static void print(
      List<Long> steps,
      long last,
      Map<String, Long> models,
      Set<String> unverified,
      Console console) {
    console.print("used in %s of %s steps: %s", steps.size(), last, steps);
    models.forEach(
        (name, step) ->
            console.print(
                name
                    + (step >= first(steps) ? ": trained with it" : ": not trained with it")
                    + (unverified.contains(name) ? " (NOT verified)" : "")));
  }
}
