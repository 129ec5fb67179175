package dev.counterpoint.runner.cli;

import dev.counterpoint.runner.RunFailed;
import dev.counterpoint.runner.check.ResumeCheck;
import dev.counterpoint.runner.report.Console;
import dev.counterpoint.runner.report.Formats;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code counterpoint check resume}: a run that is killed ends as one that is not. */
@Command(
    name = "resume",
    description =
        "Trains a run once through and once with kills (SIGKILL), and compares every step and the"
            + " parameters bit for bit.")
final class CheckResumeCommand implements Callable<Integer> {
  @Mixin private final NewRunOptions begun = new NewRunOptions();

  @Option(
      names = "--kills",
      paramLabel = "N",
      description = "How often the second run is killed (default: ${DEFAULT-VALUE}).")
  private int kills = 5;

  @Option(
      names = "--seed",
      paramLabel = "N",
      description = "Of the moments of the kills (default: ${DEFAULT-VALUE}).")
  private long seed = 1;

  @Option(
      names = "--output",
      paramLabel = "DIR",
      description = "Keeps both runs here; otherwise they are removed when they agree.")
  private @Nullable Path output;

  @Spec private @Nullable CommandSpec spec;

  @Override
  public Integer call() throws IOException {
    List<String> more = new ArrayList<>();
    begun.sets().forEach(set -> more.addAll(List.of("--set", set)));
    begun.classpath().forEach(path -> more.addAll(List.of("--classpath", path.toString())));
    ResumeCheck.Request request = new ResumeCheck.Request(begun.name(), more, kills, seed);
    Console console = Consoles.of(spec);
    Path folder =
        output == null
            ? Files.createTempDirectory("counterpoint-check-")
            : Files.createDirectories(output).toAbsolutePath();
    ResumeCheck.Outcome outcome = new ResumeCheck(request, folder, console::say).run();
    told(outcome).forEach(console::print);
    if (outcome.difference().isPresent()) {
      throw new RunFailed(outcome.difference().get() + ". Both runs are in " + folder + ".");
    }
    console.print("every step and the model agree: " + outcome.modelHash());
    if (output == null) {
      remove(folder);
    }
    return ExitCode.DONE;
  }

  /** What the kills met, so that it can be seen what was proven. */
  static List<String> told(ResumeCheck.Outcome outcome) {
    return List.of(
        String.format(
            Locale.ROOT,
            "killed %s, %d of them while it wrote a checkpoint",
            Formats.count(outcome.kills(), "time"),
            outcome.whileWriting()),
        String.format(
            Locale.ROOT,
            "went on %s from a checkpoint in the middle of an epoch",
            Formats.count(outcome.withinEpoch(), "time")),
        String.format(
            Locale.ROOT,
            "made %s again of the %d of the run",
            Formats.count(outcome.repeated(), "step"),
            outcome.steps()));
  }

  private static void remove(Path folder) throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }
}
