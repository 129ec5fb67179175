package dev.counterpoint.runner.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/**
 * Runs each command that people wait for, on next to nothing, so that the launcher can see which
 * classes they load and share those between JVMs. Whether they succeed is no matter here.
 */
@Command(
    name = "warm-up",
    hidden = true,
    description = "Loads what training loads; the launcher runs it once for each JVM.")
final class WarmUpCommand implements Callable<Integer> {
  private static final String RUN_FILE =
      """
      name: warm-up
      model: {type: transformer, width: 8, layers: 1, heads: 2, maxLength: 8}
      data:
        type: text-classification
        train: {path: texts.tsv}
        validation: {path: texts.tsv}
      training:
        epochs: 1
        batchSize: 4
        groupByLength: true
        optimizer: {type: adamw, learningRate: 1.0e-3, weightDecay: 0.01}
        schedule: {type: linear, warmup: 0.1}
        clipNorm: 1.0
      """;

  @Parameters(paramLabel = "FOLDER", description = "Where to write what is of no use afterwards.")
  private Path folder;

  @Override
  public Integer call() throws IOException {
    Files.createDirectories(folder);
    Path runFile = Files.writeString(folder.resolve("run.yaml"), RUN_FILE);
    String texts = "sentence\tlabel\n" + "a good film\tgood\na bad film\tbad\n".repeat(8);
    Files.writeString(folder.resolve("texts.tsv"), texts);
    String run = folder.resolve("run").toString();
    quietly("train", runFile.toString(), "--output", run);
    quietly("predict", run, "--text", "a film");
    quietly("evaluate", run, "--json");
    quietly("doctor");
    quietly("doctor", "--jsno");
    quietly("train", "--help");
    return ExitCode.DONE;
  }

  private static void quietly(String... arguments) {
    PrintWriter nowhere = new PrintWriter(Writer.nullWriter());
    Main.run(Main.commandLine().setOut(nowhere).setErr(nowhere), arguments);
  }
}
