package dev.counterpoint.runner.cli.run;

import dev.counterpoint.core.internal.storage.AtomicFile;
import dev.counterpoint.core.settings.FileAccess;
import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.runner.cli.option.ConsoleCommand;
import dev.counterpoint.runner.cli.option.NewFile;
import dev.counterpoint.runner.comparison.Comparison;
import dev.counterpoint.runner.comparison.RunGroup;
import dev.counterpoint.runner.report.Console;
import dev.counterpoint.runner.report.TextTable;
import dev.counterpoint.runner.report.html.ComparisonPage;
import dev.counterpoint.runner.rundir.RunRecord;
import dev.counterpoint.runner.wiring.Catalogs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code counterpoint compare}: settings, results and statistics of several runs. */
@Command(
    name = "compare",
    description =
        "Compares runs: settings that differ, results, and whether the differences of the metrics"
            + " are significant in relation to the deviation between seeds. Runs with equal settings"
            + " but other seeds form a group; the group of the first run is the baseline.")
public final class CompareCommand extends ConsoleCommand {
  private static final int MAX_RUNS = 200;

  @Parameters(arity = "1..*", paramLabel = "RUN_DIR", description = "The run directories.")
  private List<Path> folders = new ArrayList<>();

  @Option(names = "--json", description = "Prints one JSON object.")
  private boolean json;

  @Option(
      names = "--output",
      paramLabel = "FILE",
      description = "Also writes an HTML page with curves, which opens without a network.")
  private @Nullable Path output;

  @Override
  protected void run(Console console) throws IOException {
    if (output != null) {
      NewFile.requireFolder("--output", output);
      if (Files.isDirectory(output)) {
        throw new InvalidSettings("--output %s is a folder; name an HTML file.", output);
      }
    }
    Set<Path> distinct = new LinkedHashSet<>();
    for (Path folder : folders) {
      FileAccess.requireAccess(folder);
      distinct.add(folder.toAbsolutePath().normalize());
    }
    if (distinct.size() < 2 || distinct.size() > MAX_RUNS) {
      throw new InvalidSettings(
          "compare needs from 2 to %s run directories, not %s.", MAX_RUNS, distinct.size());
    }
    List<RunRecord> runs = new ArrayList<>();
    for (Path folder : distinct) {
      runs.add(RunRecord.read(folder));
    }
    Comparison comparison = Comparison.of(runs, Catalogs.reportingCallbacks());
    if (json) {
      console.print(comparison.toJson().toString());
    } else {
      console.printText(text(comparison));
    }
    if (output != null) {
      AtomicFile.writeText(output, ComparisonPage.of(comparison).toHtml());
      FileAccess.makeFilePrivate(output);
      console.log("page: %s", output.toAbsolutePath());
    }
  }

  private static String text(Comparison comparison) {
    List<List<String>> results = new ArrayList<>();
    results.add(row(List.of("group", "run", "seed", "state", "steps"), comparison.metrics()));
    for (RunGroup group : comparison.groups()) {
      for (RunRecord run : group.runs()) {
        List<String> facts =
            List.of(
                group.name(),
                run.label(),
                run.settings().path("seed").asText(),
                run.state().toString(),
                Long.toString(run.steps()));
        results.add(row(facts, run.formatted(comparison.metrics())));
      }
    }
    List<String> groups = comparison.groups().stream().map(RunGroup::name).toList();
    String settings =
        TextTable.of(
            row(List.of("settings that differ"), groups),
            comparison.settings(),
            it -> row(List.of(it.key()), it.values()));
    StringBuilder text = new StringBuilder(TextTable.of(results)).append("\n\n");
    text.append(
        comparison.settings().isEmpty()
            ? "The runs differ at most in seeds, and in settings that do not affect results."
            : settings);
    for (String metric : comparison.metrics()) {
      text.append("\n\n").append(TextTable.of(List.of(List.of(metric))));
      comparison.describe(metric).forEach(line -> text.append("\n  ").append(line));
    }
    return text.toString();
  }

  private static List<String> row(List<String> first, List<String> others) {
    List<String> row = new ArrayList<>(first);
    row.addAll(others);
    return row;
  }
}
