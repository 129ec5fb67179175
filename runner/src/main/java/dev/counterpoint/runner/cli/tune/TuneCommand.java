package dev.counterpoint.runner.cli.tune;

import com.google.common.collect.Sets;
import com.google.inject.Guice;
import dev.counterpoint.core.callback.StopSignal;
import dev.counterpoint.core.data.source.DataSplits;
import dev.counterpoint.core.internal.storage.AtomicFile;
import dev.counterpoint.core.internal.storage.Json;
import dev.counterpoint.core.internal.storage.Sha256;
import dev.counterpoint.core.metric.Evaluation;
import dev.counterpoint.core.metric.Mode;
import dev.counterpoint.core.settings.FileAccess;
import dev.counterpoint.core.settings.Formats;
import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.runner.RunFailed;
import dev.counterpoint.runner.cli.option.Consoles;
import dev.counterpoint.runner.cli.option.ExitCode;
import dev.counterpoint.runner.cli.option.NewRunOptions;
import dev.counterpoint.runner.cli.option.Signals;
import dev.counterpoint.runner.cli.option.SparkOptions;
import dev.counterpoint.runner.report.Console;
import dev.counterpoint.runner.report.TextTable;
import dev.counterpoint.runner.report.html.RangeTestPage;
import dev.counterpoint.runner.report.html.SweepPage;
import dev.counterpoint.runner.rundir.RunDirectory;
import dev.counterpoint.runner.rundir.RunLock;
import dev.counterpoint.runner.tune.BatchSizes;
import dev.counterpoint.runner.tune.Journal;
import dev.counterpoint.runner.tune.Probe;
import dev.counterpoint.runner.tune.RangeTest;
import dev.counterpoint.runner.tune.Sweep;
import dev.counterpoint.runner.tune.SweepRun;
import dev.counterpoint.runner.tune.TrialRuns;
import dev.counterpoint.runner.wiring.Run;
import dev.counterpoint.runner.wiring.RunModule;
import dev.counterpoint.strategies.launch.ParentWatchdog;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.function.ToDoubleFunction;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code counterpoint tune}: searches settings of a run. */
@Command(
    name = "tune",
    description =
        "Searches settings of a run: a sweep over values, a range test of the learning rate, or"
            + " batch sizes.")
public final class TuneCommand implements Callable<Integer> {
  @Mixin private final NewRunOptions options = new NewRunOptions();

  @Mixin private final SweepOptions sweep = new SweepOptions();

  @Mixin private final SparkOptions spark = new SparkOptions();

  @Option(
      names = "--learning-rate",
      description =
          "Trains 100 steps with a growing learning rate, and suggests one (range test, Smith 2015).")
  private boolean learningRate;

  @Option(
      names = "--batch-size",
      description = "Measures batch sizes: the largest that fits, and the fastest per example.")
  private boolean batchSize;

  @Option(
      names = "--output",
      paramLabel = "DIR",
      description =
          "The folder of the sweep or the page. Default: in runs; a sweep with the same settings has"
              + " the same folder, so that it is continued.")
  private @Nullable Path output;

  @Spec private @Nullable CommandSpec spec;

  @Override
  public Integer call() throws IOException {
    if (Stream.of(sweep.isRequested(), learningRate, batchSize).filter(it -> it).count() != 1) {
      throw new InvalidSettings("tune needs one of --sweep, --learning-rate and --batch-size.");
    }
    if (sweep.hasOthers() && !sweep.isRequested()) {
      throw new InvalidSettings(
          "--trials, --seed, --metric, --mode, --halving, --parallel and --threads need --sweep.");
    }
    if (!spark.arguments().isEmpty()) {
      sweep.requireSpark(output);
    }
    if (batchSize && output != null) {
      throw new InvalidSettings("--batch-size writes no files: --output cannot be used.");
    }
    Run.Request request =
        spark.arguments().isEmpty()
            ? options.request()
            : SparkOptions.distributed(options.request());
    Run run = Run.of(request);
    Console console = Consoles.of(spec);
    if (sweep.isRequested()) {
      return sweep(request, run, console);
    }
    StopSignal stop = new StopSignal();
    Signals signals = Signals.stopping(stop, console, ParentWatchdog.of(Map.of()));
    try (console;
        Probe probe = new Probe(run, console)) {
      if (learningRate) {
        testRange(run, probe, stop, console);
      } else {
        measureBatches(probe, stop, console);
      }
    }
    return signals.exitCode();
  }

  private void testRange(Run run, Probe probe, StopSignal stop, Console console)
      throws IOException {
    RangeTest test = RangeTest.defaults();
    RunDirectory directory = RunDirectory.forNew(output, run.file().name() + "-learning-rate");
    console.log(
        "%d steps with learning rates from %s to %s ...",
        test.steps(), Formats.learningRate(test.min()), Formats.learningRate(test.max()));
    List<RangeTest.Point> points = test.run(probe, stop);
    if (points.isEmpty()) {
      throw new RunFailed("The loss of the first step is not finite.");
    }
    OptionalDouble suggestion = RangeTest.suggestion(points);
    String state =
        suggestion.isPresent()
            ? "Suggested learning rate: " + Formats.learningRate(suggestion.getAsDouble())
            : "No suggestion: the loss does not decrease by more than its noise at any learning rate.";
    Files.createDirectories(directory.path());
    Path page = directory.path().resolve("learning-rate.html");
    AtomicFile.writeText(
        page,
        RangeTestPage.of(
                run.file().name(),
                state + (suggestion.isPresent() ? ", where the smoothed loss falls fastest." : ""),
                column(points, RangeTest.Point::learningRate),
                column(points, RangeTest.Point::loss),
                column(points, RangeTest.Point::smoothed),
                suggestion)
            .toHtml());
    FileAccess.makeFilePrivate(page);
    console.print(state);
    console.print("page: " + page);
  }

  private static double[] column(
      List<RangeTest.Point> points, ToDoubleFunction<RangeTest.Point> value) {
    return points.stream().mapToDouble(value).toArray();
  }

  private static void measureBatches(Probe probe, StopSignal stop, Console console)
      throws IOException {
    BatchSizes.Outcome outcome =
        new BatchSizes(probe, stop)
            .run(
                row ->
                    console.print(
                        "batch size %d: %.0f examples/s, %.1f ms per step, peak memory %d MB",
                        row.size(),
                        row.examplesPerSecond(),
                        row.seconds() * 1e3,
                        row.peakBytes() >> 20));
    List<BatchSizes.Row> rows = outcome.rows();
    rows.stream()
        .max(Comparator.comparing(BatchSizes.Row::examplesPerSecond))
        .ifPresent(
            fastest -> {
              console.print("fastest per example: batch size %d", fastest.size());
              console.print(
                  "largest that fits: batch size %d (%s)",
                  rows.get(rows.size() - 1).size(), outcome.end());
            });
  }

  private int sweep(Run.Request request, Run run, Console console) throws IOException {
    Sweep requested = sweep.sweep();
    for (Map<String, String> trial : requested.settings()) { // all are valid
      List<String> sets = new ArrayList<>(request.sets());
      trial.forEach((key, value) -> sets.add(key + "=" + value));
      Run.of(request.with(sets));
    }
    Mode mode;
    Map<String, Object> settings = settings(run, requested);
    try (DataSplits data =
        Guice.createInjector(new RunModule(run, console)).getInstance(DataSplits.class)) {
      mode = mode(requested, data);
      settings.put("data", data.fingerprint());
    }
    if (!spark.arguments().isEmpty()) { // changes the number of processes and threads
      settings.put(
          "spark",
          spark.arguments().stream().filter(it -> it.startsWith("spark.task.cpus=")).toList());
    }
    String hash = Sha256.of(Json.MAPPER.valueToTree(settings).toString());
    Path folder =
        output == null
            ? Path.of("runs", run.file().name() + "-sweep-" + hash.substring(0, 8))
            : output;
    if (!Files.exists(folder.resolve(Journal.FILE))) {
      RunDirectory.forNew(folder, ""); // must be empty
    }
    try (RunLock lock = RunLock.hold(new RunDirectory(folder), true)) {
      TrialRuns runs = new TrialRuns(request, folder, spark.arguments());
      Journal journal = new Journal(folder, settings, requested);
      SweepRun trials = new SweepRun(runs, requested, mode, journal, console);
      Signals signals = Signals.forwarding(trials::stop, trials::kill);
      List<Journal.Result> results = trials.run();
      if (results.isEmpty()) {
        console.print("stopped; continue the sweep with the same command.");
        return signals.exitCode() == ExitCode.SUCCESS ? ExitCode.RUN_FAILED : signals.exitCode();
      }
      return print(run.file().name(), runs, requested, trials, results, console);
    }
  }

  /** Everything on which the results depend, apart from the data and the number of threads. */
  private static Map<String, Object> settings(Run run, Sweep sweep) {
    Map<String, Object> settings = new LinkedHashMap<>();
    settings.put("run", run.settings());
    settings.put("parameters", sweep.settings());
    settings.put("metric", sweep.metric());
    settings.put("mode", String.valueOf(sweep.mode()));
    settings.put("halving", String.valueOf(sweep.halving()));
    settings.put("threads", String.valueOf(sweep.threads()));
    Map<String, String> code = new TreeMap<>();
    run.code().hashes().forEach((entry, hash) -> code.put(entry.toString(), hash));
    settings.put("code", code);
    return settings;
  }

  /** The mode of the compared metric, after a check that a validation measures it. */
  private static Mode mode(Sweep sweep, DataSplits data) {
    if (data.validation().isEmpty()) {
      throw new InvalidSettings(
          "A sweep compares validation results, but the run has no validation split. Set"
              + " data.validation.path.");
    }
    Map<String, Optional<Mode>> modes = data.modes();
    Evaluation.requireMeasured(sweep.metric(), modes.keySet());
    if (sweep.metric().equals("loss")
        && sweep.parameters().keySet().stream().anyMatch(key -> key.matches("loss(\\..*)?"))) {
      throw new InvalidSettings(
          "Trials with different loss settings cannot be compared by their loss: add --metric, one of %s.",
          Sets.difference(modes.keySet(), Set.of("loss")));
    }
    return Optional.ofNullable(sweep.mode())
        .or(() -> Objects.requireNonNull(modes.get(sweep.metric())))
        .orElseThrow(
            () ->
                new InvalidSettings(
                    "The metric %s does not declare which values are better: add --mode.",
                    sweep.metric()));
  }

  /** Prints the table and the best trial, writes the page, and returns the exit code. */
  private static int print(
      String name,
      TrialRuns runs,
      Sweep sweep,
      SweepRun trials,
      List<Journal.Result> results,
      Console console)
      throws IOException {
    List<String> head = new ArrayList<>(List.of("trial", sweep.metric(), "steps"));
    int settings = head.size();
    head.addAll(sweep.parameters().keySet());
    int lastRound = results.stream().mapToInt(Journal.Result::round).max().orElse(0);
    List<SweepPage.Trial> rows = new ArrayList<>();
    for (Journal.Result result : results) {
      List<String> cells = new ArrayList<>();
      cells.add(Integer.toString(result.trial()));
      cells.add(
          result.failure() != null
              ? "failed"
              : Formats.number(Objects.requireNonNullElse(result.value(), Double.NaN)));
      cells.add(Long.toString(result.steps()));
      trials.sets(result.trial()).forEach(set -> cells.add(set.substring(set.indexOf('=') + 1)));
      Path run = runs.directory(result.trial());
      Path report = new RunDirectory(run).report();
      rows.add(
          new SweepPage.Trial(
              Files.exists(report) ? run.getFileName() + "/" + report.getFileName() : null,
              cells,
              result.value(),
              result.round() == lastRound,
              result.failure()));
    }
    console.printText(TextTable.of(head, rows, SweepPage.Trial::cells));
    rows.stream()
        .filter(row -> row.failure() != null)
        .forEach(row -> console.print("trial %s failed: %s", row.cells().get(0), row.failure()));
    Journal.Result best = results.get(0);
    boolean isFound = best.value() != null;
    String state =
        isFound
            ? "best: --set " + String.join(" --set ", trials.sets(best.trial()))
            : "All trials have failed.";
    if (isFound) {
      console.print(state);
      console.print("run directory: " + runs.directory(best.trial()));
    }
    Path page = runs.folder().resolve("sweep.html");
    AtomicFile.writeText(page, SweepPage.of(name, state, head, rows, settings).toHtml());
    FileAccess.makeFilePrivate(page);
    console.print("page: " + page);
    return isFound ? ExitCode.SUCCESS : ExitCode.RUN_FAILED;
  }
}
