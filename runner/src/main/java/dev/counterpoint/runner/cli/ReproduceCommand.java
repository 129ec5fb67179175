package dev.counterpoint.runner.cli;

import dev.counterpoint.core.internal.storage.LocalDisk;
import dev.counterpoint.runner.check.Reproduction;
import dev.counterpoint.runner.check.Retraining;
import dev.counterpoint.runner.cli.option.ClassPathOption;
import dev.counterpoint.runner.cli.option.ConsoleCommand;
import dev.counterpoint.runner.report.Console;
import dev.counterpoint.runner.rundir.RunDirectory;
import dev.counterpoint.runner.wiring.Run;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code counterpoint reproduce}: trains a run again and compares the models. */
@Command(
    name = "reproduce",
    description =
        "Trains a run again from its run directory, to the same step, and compares the hashes of the"
            + " models. If they differ, it prints what has changed.")
final class ReproduceCommand extends ConsoleCommand {
  @Parameters(paramLabel = "RUN_DIR", description = "The run directory; it is not changed.")
  private Path folder = Path.of("");

  @Option(
      names = "--output",
      paramLabel = "DIR",
      description =
          "The directory of the new run; by default it is deleted if the hashes are equal.")
  private @Nullable Path output;

  @Mixin private final ClassPathOption classpath = new ClassPathOption();

  @Override
  protected void run(Console console) throws IOException {
    RunDirectory.requireRecorded(folder);
    Run run = Run.existing(folder, List.of(), classpath.paths(), classpath.trust());
    Reproduction reproduction = new Reproduction(run);
    Path scratch = Files.createTempDirectory("counterpoint-reproduce-");
    Path target = output == null ? scratch.resolve("run") : output;
    boolean isNamed = false; // whether a message names the new run in the temporary folder
    try {
      if (Files.exists(target)) {
        RunDirectory.forNew(target, ""); // must be empty
      }
      Retraining retraining =
          new Retraining(run, new RunDirectory(target), scratch, classpath.arguments());
      run.codeLines().forEach(console::print);
      retraining.parts().forEach(part -> part.lines().forEach(console::log));
      console.log("training " + reproduction.step() + " steps again in " + target + " ...");
      RunDirectory again = retraining.train(Optional.empty(), reproduction.end());
      isNamed = output == null;
      String hash = reproduction.compare(again);
      console.print("step " + reproduction.step() + ": the models are equal: " + hash);
      Path model = run.directory().model();
      if (!reproduction.hasResult() && Files.exists(model)) {
        console.print(
            "NOT verified: %s, whose weights are not those of step %s", model, reproduction.step());
      }
      isNamed = false;
    } finally {
      if (!isNamed) {
        new LocalDisk().delete(scratch);
      }
    }
  }
}
