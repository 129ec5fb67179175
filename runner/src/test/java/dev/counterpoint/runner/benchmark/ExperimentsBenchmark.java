package dev.counterpoint.runner.benchmark;

import com.fasterxml.jackson.databind.JsonNode;
import dev.counterpoint.core.internal.storage.AtomicFile;
import dev.counterpoint.runner.experiment.Experiments;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * Results of the built-in experiments: trains each with several seeds, and prints a table with
 * median, minimum and maximum of the validation metrics, and the median time in training steps.
 *
 * <p>Arguments: the launcher, an empty folder for the run directories, the number of seeds (default
 * 3), and the names of experiments (default: all with built-in data). The seeds start at 17.
 */
public final class ExperimentsBenchmark {
  private static final int FIRST_SEED = 17;

  private ExperimentsBenchmark() {}

  public static void main(String[] arguments) throws Exception {
    Path folder = Files.createDirectories(Path.of(arguments[1]));
    int seeds = arguments.length > 2 ? Integer.parseInt(arguments[2]) : 3;
    List<String> names =
        arguments.length > 3
            ? List.of(arguments).subList(3, arguments.length)
            : Experiments.names().stream()
                .filter(name -> Experiments.runFile(name, List.of()).contains("builtin:"))
                .toList();
    System.out.println("| experiment | metric | median | minimum | maximum | seconds |");
    System.out.println("| --- | --- | --- | --- | --- | --- |");
    for (String name : names) {
      List<JsonNode> summaries = new ArrayList<>();
      for (int seed = FIRST_SEED; seed < FIRST_SEED + seeds; seed++) {
        summaries.add(train(arguments[0], name, seed, folder.resolve(name + "-" + seed)));
      }
      print(name, summaries);
    }
  }

  private static JsonNode train(String launcher, String name, int seed, Path directory)
      throws IOException, InterruptedException {
    Path log = directory.resolveSibling(directory.getFileName() + ".log");
    int code =
        new ProcessBuilder(
                launcher, "train", name, "--set", "seed=" + seed, "--output", directory.toString())
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start()
            .waitFor();
    if (code != 0) {
      throw new IllegalStateException("exit code " + code + ", see " + log);
    }
    return AtomicFile.readJson(directory.resolve("summary.json"));
  }

  private static void print(String name, List<JsonNode> summaries) {
    Map<String, List<Double>> metrics = new TreeMap<>();
    for (JsonNode summary : summaries) {
      summary.path("validation").properties().stream()
          .filter(metric -> !metric.getKey().contains(".")) // of single classes
          .forEach(
              metric ->
                  metrics
                      .computeIfAbsent(metric.getKey(), key -> new ArrayList<>())
                      .add(metric.getValue().asDouble()));
    }
    double[] seconds =
        summaries.stream().mapToDouble(it -> it.path("seconds").asDouble()).toArray();
    metrics.forEach(
        (metric, list) -> {
          double[] values = list.stream().mapToDouble(value -> value).sorted().toArray();
          System.out.printf(
              Locale.ROOT,
              "| %s | %s | %.4f | %.4f | %.4f | %.0f |%n",
              name,
              metric,
              Ratios.median(values),
              values[0],
              values[values.length - 1],
              Ratios.median(seconds));
        });
  }
}
