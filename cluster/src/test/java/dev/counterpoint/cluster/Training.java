package dev.counterpoint.cluster;

import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** A process of {@code counterpoint}, from the built jar. */
record Training(Process process, Path log) implements AutoCloseable {
  private static final int SECONDS = 150; // for one training on a busy machine

  /** The arguments of a training of 200 steps. */
  static List<String> arguments(Path run) {
    List<String> arguments = new ArrayList<>(List.of("sentiment", "--output", run.toString()));
    arguments.addAll(small());
    return arguments;
  }

  static List<String> small() {
    return List.of(
        "--set", "strategy.workers=2",
        "--set", "model.width=16",
        "--set", "model.layers=1",
        "--set", "training.batchSize=96",
        "--set", "training.epochs=2",
        "--set", "callbacks=[]",
        "--set", "checkpoint.everySteps=40");
  }

  /** Starts a training with its output in {@code log}. */
  static Training start(Path log, Map<String, String> environment, List<String> arguments)
      throws IOException {
    return start("train", log, environment, arguments);
  }

  /** Starts a command with its output in {@code log}. */
  static Training start(
      String name, Path log, Map<String, String> environment, List<String> arguments)
      throws IOException {
    List<String> command = new ArrayList<>();
    command.addAll(List.of(SparkCluster.java(), "-Xmx512m", "-jar"));
    command.add(home().resolve("counterpoint.jar").toString());
    command.add(name);
    command.addAll(arguments);
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().putAll(environment);
    builder.environment().put("COUNTERPOINT_JAVA_OPTS", "-Xmx512m");
    builder.environment().put("OMP_NUM_THREADS", "1");
    return new Training(builder.redirectOutput(log.toFile()).start(), log);
  }

  /** The folder with the program's jars. */
  static Path home() {
    return Path.of(System.getProperty("counterpoint.home")).normalize();
  }

  /** Waits for the end of the process and returns its exit code. */
  int exitCode() throws InterruptedException, IOException {
    if (!process.waitFor(SECONDS, TimeUnit.SECONDS)) {
      throw new AssertionError("not ended in " + SECONDS + " s:\n" + output());
    }
    return process.exitValue();
  }

  /** The output so far. */
  String output() throws IOException {
    return Files.readString(log);
  }

  /** Waits until the run directory has a checkpoint. */
  void awaitCheckpoint(Path run) throws IOException, InterruptedException {
    Path checkpoints = run.resolve("checkpoints");
    for (int i = 0; i < 20 * SECONDS; i++) {
      if (Files.isDirectory(checkpoints)) {
        try (var found = Files.list(checkpoints)) {
          if (found.anyMatch(file -> file.getFileName().toString().startsWith("step-"))) {
            return;
          }
        }
      }
      if (!process.isAlive()) {
        break;
      }
      Thread.sleep(50);
    }
    throw new AssertionError("no checkpoint:\n" + output());
  }

  /** The hash of the run's last model. */
  static String modelHash(Path run) throws IOException {
    return new JsonMapper()
        .readTree(run.resolve("summary.json").toFile())
        .get("modelHash")
        .asText();
  }

  @Override
  public void close() {
    process.destroyForcibly().onExit().join();
  }
}
