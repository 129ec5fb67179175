package dev.counterpoint.runner.cli;

import dev.counterpoint.core.internal.storage.LocalDisk;
import dev.counterpoint.core.settings.Formats;
import dev.counterpoint.runner.LauncherCommand;
import dev.counterpoint.runner.RunFailed;
import dev.counterpoint.runner.check.HistoryCheck;
import dev.counterpoint.runner.cli.option.ClassPathOption;
import dev.counterpoint.runner.cli.option.ConsoleCommand;
import dev.counterpoint.runner.report.Console;
import dev.counterpoint.runner.rundir.RunDirectory;
import dev.counterpoint.runner.wiring.Run;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code counterpoint check history}: proves that a run's data and code lead to its weights. */
@Command(
    name = "history",
    description =
        "Verifies the links of all checkpoints of a run, their files, data, code and settings, and"
            + " trains the steps between two checkpoints again.")
final class CheckHistoryCommand extends ConsoleCommand {
  @Parameters(paramLabel = "RUN_DIR", description = "The run directory; it is not changed.")
  private Path folder = Path.of("");

  @Option(
      names = "--from",
      paramLabel = "STEP",
      description =
          "Trains again from this checkpoint, whose own weights are then not verified. Default: 0,"
              + " the start of the run.")
  private long from;

  @Option(
      names = "--to",
      paramLabel = "STEP",
      description = "Trains again to this step of history.jsonl. Default: the last one.")
  private long to = -1;

  @Mixin private final ClassPathOption classpath = new ClassPathOption();

  @Override
  protected void run(Console console) throws IOException {
    HistoryCheck check = new HistoryCheck(RunDirectory.requireRecorded(folder));
    RunFailed.ifAny(check.faults());
    Run run = Run.existing(folder, List.of(), classpath.paths(), classpath.trust());
    List<String> inputs = check.inputs(run);
    HistoryCheck.Segment segment = check.segment(from, to);
    console.print(
        "verified: %s, %s, data, code and settings",
        Formats.count(check.links().size(), "link"),
        Formats.count(check.steps().size(), "checkpoint"));
    inputs.forEach(console::print);
    console.log("training steps %d to %d again ...", segment.from(), segment.to());
    Path scratch = Files.createTempDirectory("counterpoint-history-");
    Optional<String> difference = Optional.empty();
    try {
      RunDirectory again = check.retrain(run, segment, scratch, classpath.arguments());
      difference = check.difference(segment, again);
    } finally {
      if (difference.isEmpty()) { // Otherwise the message names the folder.
        new LocalDisk().delete(scratch);
      }
    }
    if (difference.isPresent()) {
      throw new RunFailed(difference.get() + ". The new run is in " + scratch + ".");
    }
    console.print(
        "recomputed: steps %d to %d lead to the same parameters, optimizer states and positions",
        segment.from(), segment.to());
    check.steps().stream()
        .filter(step -> step > 0 && (step <= segment.from() || step > segment.to()))
        .forEach(step -> console.print("NOT verified: the checkpoint of step " + step));
    check
        .unknownPositions()
        .forEach(step -> console.print("NOT verified: the position in the data of step " + step));
    if (check.replaced() > 0) {
      console.print(
          "NOT verified: %s of checkpoints that later ones have replaced",
          Formats.count(check.replaced(), "link"));
    }
    console.print(
        "NOT verified: metrics, reports, and totals and the states of callbacks in state.json");
    Map<String, Long> verified = check.verified(segment);
    check.others().forEach(name -> print(console, name, verified));
    console.print("for the other files in model: " + LauncherCommand.line("reproduce", folder));
    console.print("last link: " + check.links().get(check.links().size() - 1).hash());
  }

  private static void print(Console console, String name, Map<String, Long> verified) {
    console.print(
        name
            + (verified.containsKey(name)
                ? ": its weights are those of the checkpoint of step " + verified.get(name)
                : ": NOT verified, its weights differ from all recomputed checkpoints"));
  }
}
