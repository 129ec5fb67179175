package dev.counterpoint.runner.cli.train;

import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.runner.rundir.RunDirectory;
import dev.counterpoint.runner.wiring.Run;
import dev.counterpoint.runner.wiring.RunFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Options of {@code train} that check a run before it is trained at full length. */
final class QuickChecks {
  @Option(
      names = "--fast-dev-run",
      description =
          "Trains 2 steps and executes everything else once: validation of 2 batches, checkpoint,"
              + " report, model folder.")
  private boolean fastDevRun;

  @Option(
      names = "--overfit",
      paramLabel = "N",
      description =
          "Trains on N batches only, until their loss is near zero. Fails if it stays higher.")
  private @Nullable Integer overfit;

  @Option(
      names = "--detect-anomaly",
      description =
          "Stops at the first layer with a non-finite output, and names the first parameter with a"
              + " non-finite gradient. Slower.")
  private boolean detectAnomaly;

  @Option(
      names = "--timing",
      paramLabel = "FILE",
      hidden = true,
      description = "Trains for some seconds and writes the time of each step to a file. For plan.")
  private @Nullable Path timing;

  boolean detectsAnomaly() {
    return detectAnomaly;
  }

  /** The shortened training; empty if no check is requested. */
  Optional<ShortTraining> shortTraining() {
    if (overfit != null && overfit < 1) {
      throw new InvalidSettings("--overfit %s must be at least 1, a number of batches.", overfit);
    }
    if (fastDevRun && overfit != null) {
      throw new InvalidSettings("--fast-dev-run and --overfit are mutually exclusive; use one.");
    }
    if (timing != null) {
      return Optional.of(new TimedTraining(timing));
    }
    return fastDevRun
        ? Optional.of(new FastDevRun())
        : Optional.ofNullable(overfit).map(Overfit::new);
  }

  /**
   * The run with the settings of the shortened training, if one is requested.
   *
   * @param output the requested run directory
   * @param joins whether this is a rank, which uses the directory of rank 0
   */
  Run applyTo(Run run, @Nullable Path output, boolean joins) throws IOException {
    Optional<ShortTraining> training = shortTraining();
    if (training.isEmpty()) {
      return run;
    }
    if (run.isResumed() && !joins) {
      throw new InvalidSettings(
          "--fast-dev-run and --overfit start a new run, but %s is a run directory.",
          run.directory().path());
    }
    if (overfit != null && run.file().strategy().processes().isPresent()) {
      throw new InvalidSettings(
          "--overfit trains in one process: add --set strategy.type=standard.");
    }
    RunFile settings = training.get().settings(run.file());
    return run.with(
        settings, joins ? run.directory() : RunDirectory.forNew(output, settings.name()));
  }
}
