package dev.counterpoint.runner.tune;

import dev.counterpoint.core.settings.Formats;
import dev.counterpoint.runner.rundir.RunDirectory;
import dev.counterpoint.runner.wiring.Run;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The run directories of the trials of a sweep, and the arguments that train them.
 *
 * @param request the run, without an output directory
 * @param folder the folder of the sweep, which exists
 * @param cluster options of {@code train} by which a trial runs on Spark; empty on this machine
 */
public record TrialRuns(Run.Request request, Path folder, List<String> cluster) {
  /** The run directory of a trial, counted from 1. */
  public Path directory(int trial) {
    return folder.resolve(Formats.of("trial-%04d", trial)).toAbsolutePath();
  }

  /** Whether the processes of a trial have started. */
  boolean hasBegun(int trial) {
    return RunDirectory.isRun(directory(trial));
  }

  /** Whether a trial has a checkpoint. */
  boolean isResumable(int trial) throws IOException {
    return hasBegun(trial) && new RunDirectory(directory(trial)).newestStep().isPresent();
  }

  /**
   * The arguments that start or resume a trial.
   *
   * @param sets the settings of the trial
   * @param threads of libtorch; on Spark they are {@code spark.task.cpus}
   */
  List<String> arguments(int trial, List<String> sets, int threads) throws IOException {
    List<String> arguments = new ArrayList<>(List.of("train"));
    if (isResumable(trial)) {
      arguments.add(directory(trial).toString());
      arguments.addAll(request.trustsCode() ? List.of("--trust-code") : List.of());
    } else {
      List<String> all = new ArrayList<>(request.sets());
      all.addAll(sets);
      all.addAll(cluster.isEmpty() ? List.of("threads=" + threads) : List.of());
      arguments.addAll(request.with(all).arguments());
      arguments.addAll(List.of("--output", directory(trial).toString()));
    }
    arguments.addAll(cluster);
    return arguments;
  }
}
