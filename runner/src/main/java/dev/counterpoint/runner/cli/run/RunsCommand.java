package dev.counterpoint.runner.cli.run;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.common.collect.Iterables;
import dev.counterpoint.core.internal.storage.FolderEntries;
import dev.counterpoint.core.internal.storage.IoFailure;
import dev.counterpoint.core.internal.storage.Json;
import dev.counterpoint.core.settings.FileAccess;
import dev.counterpoint.core.settings.Formats;
import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.runner.LauncherCommand;
import dev.counterpoint.runner.cli.option.ConsoleCommand;
import dev.counterpoint.runner.report.Console;
import dev.counterpoint.runner.report.TextTable;
import dev.counterpoint.runner.report.html.RunLog;
import dev.counterpoint.runner.rundir.FlatSettings;
import dev.counterpoint.runner.rundir.RunDirectory;
import dev.counterpoint.runner.rundir.RunRecord;
import dev.counterpoint.runner.tune.Journal;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.commons.csv.CSVFormat;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code counterpoint runs}: lists the runs in a folder. */
@Command(
    name = "runs",
    description =
        "Lists the runs in a folder, the newest first: directory, start, state, steps, time of the"
            + " training and results. A damaged run directory is listed with its problem. The trials"
            + " of a sweep are listed if FOLDER is the folder of the sweep.")
public final class RunsCommand extends ConsoleCommand {
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm", Locale.ROOT);
  private static final int SHOWN_METRICS = 3;

  @Parameters(
      arity = "0..1",
      paramLabel = "FOLDER",
      description = "The folder of the run directories (default: ${DEFAULT-VALUE}).")
  private Path folder = Path.of("runs");

  @Option(names = "--json", description = "Prints one JSON object for each run, each on a line.")
  private boolean json;

  @Option(
      names = "--csv",
      description =
          "Prints the metrics of each run as CSV: a line for each row of metrics.jsonl, with the"
              + " columns of all runs.")
  private boolean csv;

  /**
   * A run, or a run directory that cannot be read.
   *
   * @param record null if it cannot be read
   * @param problem why it cannot be read
   */
  private record Entry(Path path, @Nullable RunRecord record, String problem) {

    static Entry of(Path path) {
      try {
        return new Entry(path, RunRecord.read(path), "");
      } catch (InvalidSettings e) {
        return new Entry(path, null, String.valueOf(e.getMessage()));
      } catch (IOException e) {
        return new Entry(path, null, IoFailure.of(e));
      } catch (UncheckedIOException e) {
        return new Entry(path, null, IoFailure.of(Objects.requireNonNull(e.getCause())));
      }
    }

    Instant started() {
      return record == null ? Instant.EPOCH : record.started().orElse(Instant.EPOCH);
    }

    String name() {
      return String.valueOf(path.getFileName());
    }

    ObjectNode toJson() {
      return record == null
          ? Json.MAPPER.createObjectNode().put("directory", path.toString()).put("problem", problem)
          : record.toJson();
    }

    List<String> cells() {
      if (record == null) {
        return List.of(name(), "", "problem", "", "", problem);
      }
      double seconds = record.summary().path("seconds").asDouble();
      return List.of(
          name(),
          record
              .started()
              .map(it -> TIME.format(it.atZone(ZoneId.systemDefault())))
              .orElse("unknown"),
          record.state().toString(),
          Long.toString(record.steps()),
          record.hasResult() ? Formats.duration(seconds) : "",
          record.results().entrySet().stream()
              .filter(it -> !it.getKey().contains("."))
              .limit(SHOWN_METRICS)
              .map(it -> it.getKey() + " " + Formats.number(it.getValue()))
              .collect(Collectors.joining(", ")));
    }
  }

  @Override
  protected void run(Console console) throws IOException {
    FileAccess.requireAccess(folder);
    if (csv && json) {
      throw new InvalidSettings("--csv and --json cannot be used together.");
    }
    if (!Files.isDirectory(folder)) {
      throw new InvalidSettings(
          "%s %s; name the folder of the run directories.",
          folder, Files.exists(folder) ? "is not a folder" : "does not exist");
    }
    List<Path> folders = isRun(folder) ? List.of(folder) : FolderEntries.of(folder);
    List<Entry> entries =
        folders.stream()
            .filter(Files::isDirectory)
            .filter(RunsCommand::isRun)
            .map(Entry::of)
            .sorted(Comparator.comparing(Entry::started).reversed())
            .toList();
    if (csv) {
      printMetrics(entries, console);
    } else if (json) {
      entries.forEach(entry -> console.print(entry.toJson().toString()));
    } else if (entries.isEmpty()) {
      console.log("%s contains no run directory.", folder);
    } else {
      List<String> head = List.of("directory", "started", "state", "steps", "time", "results");
      console.printText(TextTable.of(head, entries, Entry::cells));
    }
    if (!json && !csv) {
      folders.stream()
          .filter(it -> Files.exists(it.resolve(Journal.FILE)))
          .forEach(
              it -> console.log("sweep; to list its trials: " + LauncherCommand.line("runs", it)));
    }
  }

  private static boolean isRun(Path path) {
    return (RunDirectory.isRun(path) && !RunDirectory.isExperiment(path))
        || Files.exists(new RunDirectory(path).provenance());
  }

  private static void printMetrics(List<Entry> entries, Console console) throws IOException {
    List<Map<String, String>> rows = new ArrayList<>();
    Set<String> columns = new LinkedHashSet<>(List.of("run", "split", "step", "epoch"));
    for (Entry entry : entries) {
      RunLog log;
      try {
        log = RunLog.readAny(new RunDirectory(entry.path()).metrics());
      } catch (InvalidSettings e) {
        console.log(String.valueOf(e.getMessage()));
        continue;
      }
      for (JsonNode row : Iterables.concat(log.train(), log.validation())) {
        if (row instanceof ObjectNode values) {
          values.properties().removeIf(it -> it.getValue().isNull()); // not finite
          Map<String, String> cells = FlatSettings.of(values);
          cells.put("run", entry.name());
          columns.addAll(cells.keySet());
          rows.add(cells);
        }
      }
    }
    console.print(CSVFormat.RFC4180.format(columns.toArray()));
    for (Map<String, String> row : rows) {
      console.print(CSVFormat.RFC4180.format(columns.stream().map(row::get).toArray()));
    }
  }
}
