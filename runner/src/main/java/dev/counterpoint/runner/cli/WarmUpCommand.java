package dev.counterpoint.runner.cli;

import dev.counterpoint.core.internal.storage.Resource;
import dev.counterpoint.runner.cli.option.ExitCode;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/**
 * {@code counterpoint warm-up}: runs the interactive commands on a tiny data set, so that the
 * launcher can record which classes they load for a class-data-sharing archive. Their results are
 * ignored.
 */
@Command(
    name = "warm-up",
    hidden = true,
    description = "Loads the classes that training loads. The launcher runs it once per JVM.")
final class WarmUpCommand implements Callable<Integer> {
  @Parameters(paramLabel = "FOLDER", description = "A folder for temporary files.")
  private Path folder;

  @Override
  public Integer call() throws IOException {
    Files.createDirectories(folder);
    Path runFile = folder.resolve("run.yaml");
    Files.writeString(runFile, Resource.read(WarmUpCommand.class, "warm-up.yaml"));
    String texts = "sentence\tlabel\n" + "a good film\tgood\na bad film\tbad\n".repeat(8);
    Files.writeString(folder.resolve("texts.tsv"), texts);
    Files.writeString(
        folder.resolve("Half.java"), // loads the compiler
        """
        import dev.counterpoint.core.schedule.Schedule;

        public record Half() implements Schedule {
          public double learningRate(double base, long step, long totalSteps) {
            return base / 2;
          }
        }
        """);
    String run = folder.resolve("run").toString();
    quietly("train", runFile.toString(), "--output", run);
    quietly(
        "train",
        folder.resolve("Half.java").toString(),
        "--from",
        runFile.toString(),
        "--output",
        run + "-of-file");
    quietly("predict", run, "--text", "a film");
    quietly("evaluate", run, "--json");
    quietly("doctor");
    quietly("doctor", "--jsno");
    quietly("train", "--help");
    return ExitCode.SUCCESS;
  }

  private static void quietly(String... arguments) {
    PrintWriter nowhere = new PrintWriter(Writer.nullWriter());
    Main.run(Main.commandLine().setOut(nowhere).setErr(nowhere), arguments);
  }
}
