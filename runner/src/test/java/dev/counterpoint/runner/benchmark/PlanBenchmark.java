package dev.counterpoint.runner.benchmark;

import com.fasterxml.jackson.databind.JsonNode;
import dev.counterpoint.core.internal.storage.AtomicFile;
import dev.counterpoint.runner.experiment.Experiments;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Accuracy of {@code plan}: for each run, the predicted peak memory above an empty start and the
 * predicted time, and those of a training immediately after the prediction, limited to a number of
 * steps.
 *
 * <p>Arguments: the launcher, an empty folder, the number of steps, and the runs (default: the
 * experiments with built-in data). A run is an experiment or a run file; {@code RUN@FOLDER} is
 * started in the folder of its data. A run that fails is a line with its log file.
 */
public final class PlanBenchmark {
  private static final double MEGA = 1e6;

  private PlanBenchmark() {}

  public static void main(String[] arguments) throws Exception {
    Path launcher = Path.of(arguments[0]).toAbsolutePath();
    Path folder = Files.createDirectories(Path.of(arguments[1]).toAbsolutePath());
    List<String> runs =
        arguments.length > 3
            ? List.of(arguments).subList(3, arguments.length)
            : Experiments.names().stream()
                .filter(name -> Experiments.runFile(name, List.of()).contains("builtin:"))
                .toList();
    System.out.println(
        "| run | predicted MB | measured MB | ratio | predicted s | measured s | ratio |");
    System.out.println("| --- | --- | --- | --- | --- | --- | --- |");
    for (String run : runs) {
      String[] parts = run.split("@", 2);
      Path output = folder.resolve(Path.of(parts[0]).getFileName());
      ProcessBuilder process = new ProcessBuilder();
      process.directory(parts.length == 1 ? null : new File(parts[1]));
      String limit = "training.maxSteps=" + arguments[2];
      Path plan = output.resolveSibling(output.getFileName() + ".json");
      List<String> command =
          List.of(launcher.toString(), "plan", parts[0], "--set", limit, "--json");
      if (!succeeds(process.command(command), plan)) {
        System.out.printf("| %s | plan failed, see %s |%n", run, plan);
        continue;
      }
      command = new ArrayList<>(command);
      command.set(1, "train");
      command.set(command.size() - 1, "--output=" + output);
      Path log = output.resolveSibling(output.getFileName() + ".log");
      long begin = System.nanoTime();
      if (!succeeds(process.command(command), log)) {
        System.out.printf("| %s | train failed, see %s |%n", run, log);
        continue;
      }
      print(run, AtomicFile.readJson(plan), output, (System.nanoTime() - begin) * 1e-9);
    }
  }

  private static boolean succeeds(ProcessBuilder process, Path output)
      throws IOException, InterruptedException {
    File errors = new File(output + ".err");
    return process.redirectOutput(output.toFile()).redirectError(errors).start().waitFor() == 0;
  }

  private static void print(String run, JsonNode plan, Path output, double seconds)
      throws IOException {
    double memory = plan.at("/memory/peak").asDouble();
    double peak =
        AtomicFile.readJson(output.resolve("summary.json")).path("peakMemoryBytes").asDouble()
            - plan.path("emptyStartBytes").asDouble();
    double time = plan.at("/time/total").asDouble();
    System.out.printf(
        Locale.ROOT,
        "| %s | %.0f | %.0f | %.2f | %.1f | %.1f | %.2f |%n",
        run,
        memory / MEGA,
        peak / MEGA,
        memory / peak,
        time,
        seconds,
        time / seconds);
  }
}
