package dev.counterpoint.runner.cli;

import dev.counterpoint.core.internal.storage.LocalDisk;
import dev.counterpoint.core.settings.Formats;
import dev.counterpoint.runner.RunFailed;
import dev.counterpoint.runner.check.ResumeCheck;
import dev.counterpoint.runner.cli.option.ConsoleCommand;
import dev.counterpoint.runner.cli.option.NewRunOptions;
import dev.counterpoint.runner.report.Console;
import dev.counterpoint.runner.wiring.Run;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * {@code counterpoint check resume}: verifies that a run that is killed and resumed equals an
 * uninterrupted one.
 */
@Command(
    name = "resume",
    description =
        "Trains a run twice, once without interruption and once killed (SIGKILL) and resumed, and"
            + " compares every step and the final parameters bit for bit.")
final class CheckResumeCommand extends ConsoleCommand {
  @Mixin private final NewRunOptions options = new NewRunOptions();

  @Option(
      names = "--kills",
      paramLabel = "N",
      description = "How many times to kill the second run (default: ${DEFAULT-VALUE}).")
  private int kills = 5;

  @Option(
      names = "--seed",
      paramLabel = "N",
      description = "Seed of the random times of the kills (default: ${DEFAULT-VALUE}).")
  private long seed = 1;

  @Option(
      names = "--output",
      paramLabel = "DIR",
      description = "Keeps both runs in this directory; by default they are deleted if they agree.")
  private @Nullable Path output;

  @Override
  protected void run(Console console) throws IOException {
    Run.of(options.request()); // is valid
    ResumeCheck.Request request =
        new ResumeCheck.Request(options.request().arguments(), kills, seed);
    Path folder =
        output == null
            ? Files.createTempDirectory("counterpoint-check-")
            : Files.createDirectories(output).toAbsolutePath();
    ResumeCheck.Outcome outcome = new ResumeCheck(request, folder, console::log).run();
    summary(outcome).forEach(console::print);
    if (outcome.difference().isPresent()) {
      throw new RunFailed(outcome.difference().get() + ". Both runs are in " + folder + ".");
    }
    console.print("every step and the model are identical: " + outcome.modelHash());
    if (output == null) {
      new LocalDisk().delete(folder);
    }
  }

  /** Describes when the run was killed and resumed, one line per fact. */
  static List<String> summary(ResumeCheck.Outcome outcome) {
    return List.of(
        Formats.of(
            "killed %s, including %d while a checkpoint was being written",
            Formats.count(outcome.kills(), "time"), outcome.whileWriting()),
        Formats.of(
            "resumed %s from a checkpoint in the middle of an epoch",
            Formats.count(outcome.withinEpoch(), "time")),
        Formats.of(
            "repeated %s of %d", Formats.count(outcome.repeated(), "step"), outcome.steps()));
  }
}
