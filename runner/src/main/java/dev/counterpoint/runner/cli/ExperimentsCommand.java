package dev.counterpoint.runner.cli;

import dev.counterpoint.core.settings.Formats;
import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.runner.cli.option.ConsoleCommand;
import dev.counterpoint.runner.experiment.Experiments;
import dev.counterpoint.runner.report.Console;
import dev.counterpoint.runner.report.Paragraph;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code counterpoint experiments}: lists the built-in experiments. */
@Command(
    name = "experiments",
    description = "Lists the built-in experiments, or prints the run file of one.")
final class ExperimentsCommand extends ConsoleCommand {
  private static final int INDENT = 19;

  @Parameters(
      arity = "0..1",
      paramLabel = "NAME",
      description = "Prints the run file of this experiment.")
  private @Nullable String name;

  @Override
  protected void run(Console console) {
    if (name == null) {
      for (String each : Experiments.names()) {
        String line = Formats.of("%-18s %s", each, Experiments.description(each));
        console.printText(Paragraph.of(line, INDENT));
      }
    } else if (Experiments.has(name)) {
      console.printText(Experiments.runFile(name, List.of()).stripTrailing());
    } else {
      throw new InvalidSettings(
          "Unknown experiment \"%s\". Known: %s.", name, String.join(", ", Experiments.names()));
    }
  }
}
