package dev.counterpoint.runner.cli;

import dev.counterpoint.runner.LauncherCommand;
import dev.counterpoint.runner.cli.option.ConsoleCommand;
import dev.counterpoint.runner.cli.option.NewFile;
import dev.counterpoint.runner.report.Console;
import dev.counterpoint.runner.scaffold.NewExperiment;
import dev.counterpoint.runner.scaffold.Part;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code counterpoint new}: creates the folder of an experiment. */
@Command(
    name = "new",
    description =
        "Creates the folder of a new experiment, from a built-in one. Its parts can be copied into"
            + " source files, to be changed.")
final class NewCommand extends ConsoleCommand {
  @Parameters(paramLabel = "NAME", description = "The folder, which must not exist yet.")
  private Path folder = Path.of("");

  @Option(
      names = "--from",
      paramLabel = "EXPERIMENT",
      description = "The built-in experiment. Default: ${DEFAULT-VALUE}.")
  private String experiment = "sentiment";

  @Option(
      names = "--eject",
      paramLabel = "PART",
      description =
          "Copies a part of the experiment into a source file: model, attention, feed-forward, norm,"
              + " positions, pooling, initializer, embedding, head, loss, optimizer or schedule. May be repeated.")
  private List<String> parts = new ArrayList<>();

  @Override
  protected void run(Console console) throws IOException {
    Set<Part> ejected = EnumSet.noneOf(Part.class);
    parts.forEach(part -> ejected.add(Part.named(part)));
    NewFile.requireFolder("NAME", folder);
    NewExperiment created = NewExperiment.of(folder, experiment, ejected);
    created.save();
    console.print("Created %s: %s", folder, String.join(", ", created.names()));
    console.print("To train it: %s", LauncherCommand.line("train", folder));
  }
}
