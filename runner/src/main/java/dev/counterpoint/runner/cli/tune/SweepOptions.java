package dev.counterpoint.runner.cli.tune;

import dev.counterpoint.core.metric.Mode;
import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.core.settings.RecordCopy;
import dev.counterpoint.runner.tune.Halving;
import dev.counterpoint.runner.tune.Sweep;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Options of {@code tune} for a sweep. */
final class SweepOptions {
  @Option(
      names = "--sweep",
      paramLabel = "KEY=VALUES",
      description =
          "The values of a setting: 0,0.1 or log(1e-5,1e-2) or uniform(0,0.5). Or a YAML file with"
              + " the whole sweep. May be repeated.")
  private List<String> sweeps = new ArrayList<>();

  @Option(
      names = "--trials",
      paramLabel = "N",
      description = "The number of random trials. Default: all combinations of the values.")
  private @Nullable Integer trials;

  @Option(
      names = "--seed",
      paramLabel = "N",
      description = "The seed of random trials. Default: 1.")
  private @Nullable Long seed;

  @Option(
      names = "--metric",
      paramLabel = "NAME",
      description = "The validation metric that is compared. Default: loss.")
  private @Nullable String metric;

  @Option(
      names = "--mode",
      paramLabel = "MODE",
      description = "min or max: which values are better. Default: what the metric declares.")
  private @Nullable Mode mode;

  @Option(
      names = "--halving",
      paramLabel = "STEPS",
      description =
          "Trains all trials for this number of steps, then the best third of them for 3 times"
              + " this number, and so on (successive halving).")
  private @Nullable Integer halving;

  @Option(
      names = "--parallel",
      paramLabel = "N",
      description = "The number of trials at a time. Default: 1.")
  private @Nullable Integer parallel;

  @Option(
      names = "--threads",
      paramLabel = "N",
      description =
          "The threads of each trial, on which the results depend. Default: the processors, divided"
              + " by --parallel, when the sweep is first started.")
  private @Nullable Integer threads;

  boolean isRequested() {
    return !sweeps.isEmpty();
  }

  /** Whether options are set that need {@code --sweep}. */
  boolean hasOthers() {
    return !changes().isEmpty();
  }

  /**
   * Checks that the trials can be trained on Spark: as one job each, whose tasks have {@code
   * spark.task.cpus} threads.
   */
  void requireSpark(@Nullable Path output) throws IOException {
    if (!isRequested() || sweep().halving() != null || sweep().threads() != null) {
      throw new InvalidSettings(
          "--spark needs --sweep without --halving and --threads; set the threads with --conf spark.task.cpus=N.");
    }
    if (output != null && output.toString().matches("[A-Za-z][A-Za-z0-9+.-]+:.*")) {
      throw new InvalidSettings(
          "--output %s of a sweep must be a path that all machines share, not a URI.", output);
    }
  }

  Sweep sweep() throws IOException {
    return RecordCopy.with(Sweep.of(sweeps), changes());
  }

  private Map<String, Object> changes() {
    Map<String, Object> changes = new HashMap<>();
    put("trials", trials, changes);
    put("seed", seed, changes);
    put("metric", metric, changes);
    put("mode", mode, changes);
    put("halving", halving == null ? null : new Halving(halving, 3), changes);
    put("parallel", parallel, changes);
    put("threads", threads, changes);
    return changes;
  }

  private static void put(String name, @Nullable Object value, Map<String, Object> changes) {
    if (value != null) {
      changes.put(name, value);
    }
  }
}
