package dev.counterpoint.runner.cli.tune;

import dev.counterpoint.core.internal.storage.AtomicFile;
import dev.counterpoint.core.internal.storage.LocalDisk;
import dev.counterpoint.core.settings.FileAccess;
import dev.counterpoint.core.settings.Formats;
import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.runner.cli.option.ConsoleCommand;
import dev.counterpoint.runner.cli.option.NewRunOptions;
import dev.counterpoint.runner.profile.Profile;
import dev.counterpoint.runner.profile.Profile.Phase;
import dev.counterpoint.runner.report.Console;
import dev.counterpoint.runner.report.TextTable;
import dev.counterpoint.runner.report.html.FlameGraphPage;
import dev.counterpoint.runner.rundir.PeakMemory;
import dev.counterpoint.runner.rundir.RunDirectory;
import dev.counterpoint.runner.tune.Probe;
import dev.counterpoint.runner.wiring.Run;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code counterpoint profile}: measures where the time of a training step goes. */
@Command(
    name = "profile",
    description =
        "Measures where the time and memory of a training step go, by phase and layer: a table, a"
            + " flame graph and a trace for Perfetto.")
public final class ProfileCommand extends ConsoleCommand {
  private static final List<String> HEAD = List.of("part", "ms", "% of step", "output MB");
  private static final int MAX_STEPS = 10_000;

  @Mixin private final NewRunOptions options = new NewRunOptions();

  @Option(
      names = "--steps",
      paramLabel = "N",
      description = "The number of measured steps (default: ${DEFAULT-VALUE}).")
  private int steps = 20;

  @Option(
      names = "--output",
      paramLabel = "DIR",
      description = "The folder for the page and the trace. Default: runs/NAME-profile-TIME.")
  private @Nullable Path output;

  @Override
  protected void run(Console console) throws IOException {
    if (steps < 1 || steps > MAX_STEPS) {
      throw new InvalidSettings("--steps %s must be from 1 to %s.", steps, MAX_STEPS);
    }
    Run run = Run.of(options.request());
    RunDirectory directory = RunDirectory.forNew(output, run.file().name() + "-profile");
    Path scratch = Files.createTempDirectory("counterpoint-profile-");
    try (console;
        Probe probe = new Probe(run, console)) {
      console.log("profiling %d steps ...", steps);
      Profile profile = Profile.of(probe, run.file(), steps, scratch);
      List<List<String>> rows = rows(profile);
      console.printText(TextTable.of(HEAD, rows, row -> row));
      String state =
          Formats.of(
              "Step of %.2f ms, mean of %d. Profiled steps take %.1f %% longer than the steps between"
                  + " them (medians).",
              profile.seconds() * 1e3, profile.steps(), 100 * profile.overhead());
      console.print(state);
      if (profile.rows().stream()
          .noneMatch(row -> row.phase() == Phase.BACKWARD && !row.layer().isEmpty())) {
        console.print(
            "The times of the layers in the backward pass are unknown: the output of a layer does"
                + " not contribute to the loss.");
      }
      console.print(
          "validation: %.2f s, checkpoint: %.2f s",
          profile.validationSeconds(), profile.checkpointSeconds());
      PeakMemory.bytes().ifPresent(bytes -> console.print("peak memory: %d MB", bytes >> 20));
      Files.createDirectories(directory.path());
      Path page = directory.path().resolve("profile.html");
      Path trace = directory.path().resolve("trace.json");
      AtomicFile.writeText(
          page,
          FlameGraphPage.of(run.file().name(), state, "step", tree(profile), HEAD, rows).toHtml());
      AtomicFile.writeText(trace, profile.trace().toString());
      FileAccess.makeFilePrivate(page);
      FileAccess.makeFilePrivate(trace);
      console.print("page: " + page);
      console.print("trace: " + trace);
    } finally {
      new LocalDisk().delete(scratch);
    }
  }

  private static List<List<String>> rows(Profile profile) {
    List<List<String>> rows = new ArrayList<>();
    for (Profile.Row row : profile.rows()) {
      rows.add(
          List.of(
              row.layer().isEmpty() ? row.phase().title() : "  " + row.layer().strip(),
              Formats.of("%.3f", row.seconds() * 1e3),
              Formats.of("%.1f", 100 * row.seconds() / profile.seconds()),
              row.bytes() == 0 ? "" : Formats.of("%.2f", row.bytes() / 1e6)));
    }
    return rows;
  }

  /** The tree of the flame graph: the phases, and below them the layers by path. */
  private static FlameGraphPage.Node tree(Profile profile) {
    FlameGraphPage.Node step = new FlameGraphPage.Node();
    for (Phase phase : Phase.values()) {
      double rest = 0; // of the phase, without its layers
      for (Profile.Row row : profile.rows()) {
        if (row.phase() == phase && row.layer().isEmpty()) {
          rest += row.seconds();
        } else if (row.phase() == phase) {
          List<String> path = new ArrayList<>(List.of(phase.title()));
          path.addAll(List.of(row.layer().replaceFirst(" ?\\([^(]*\\)$", "").split("\\.")));
          path.removeIf(String::isEmpty); // the model itself
          step.add(path, row.seconds());
          rest -= row.seconds();
        }
      }
      step.add(List.of(phase.title()), Math.max(0, rest));
    }
    return step;
  }
}
