package dev.counterpoint.strategies.spark;

import dev.counterpoint.strategies.launch.ParentWatchdog;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Starts the driver in a JVM with Spark's class path, as {@code spark-submit} does.
 *
 * @param home the folder of Spark
 * @param environment of this process
 */
public record SparkSubmission(Path home, Map<String, String> environment) {
  private static final String SUBMIT = "org.apache.spark.deploy.SparkSubmit";
  private static final String SCALA = "2.13";
  private static final String CORE = "spark-core_" + SCALA + "-";

  /**
   * The program and the settings of the driver.
   *
   * @param command the user's command, as {@code ./counterpoint}, for messages
   * @param settings more arguments of {@code spark-submit}
   * @param driver its main class
   * @param arguments of the program, the command first
   */
  public record Request(
      String command,
      String master,
      List<String> settings,
      Class<?> driver,
      List<String> arguments) {}

  /** A driver that is running. */
  public record Driver(Process process) {
    /** Requests the driver to save and stop all ranks. */
    public void stop(String signal) {
      ParentWatchdog.stop(process, signal);
    }

    /** Waits for the end, and returns the exit code. */
    public int await() {
      while (true) {
        try {
          return process.waitFor();
        } catch (InterruptedException e) {
          process.destroy();
        }
      }
    }
  }

  /** Finds Spark by {@code SPARK_HOME}; empty if it is not set or does not contain Spark. */
  public static Optional<SparkSubmission> find(Map<String, String> environment) throws IOException {
    String home = environment.getOrDefault("SPARK_HOME", "");
    Path jars = Path.of(home, "jars");
    if (home.isEmpty() || !Files.isDirectory(jars)) {
      return Optional.empty();
    }
    try (Stream<Path> files = Files.list(jars)) {
      return files.anyMatch(file -> file.getFileName().toString().startsWith(CORE))
          ? Optional.of(new SparkSubmission(Path.of(home), environment))
          : Optional.empty();
    }
  }

  /** Starts the driver; its output is that of this process. */
  public Driver start(Request request) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(Program.defaults("", environment));
    command.add("-D" + ClusterJob.COMMAND + "=" + request.command());
    command.addAll(List.of("-cp", classPath(), SUBMIT));
    command.addAll(List.of("--master", request.master()));
    command.addAll(request.settings());
    command.addAll(List.of("--class", request.driver().getName()));
    command.add(Program.ownJar().toString());
    command.addAll(request.arguments());
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .redirectOutput(ProcessBuilder.Redirect.INHERIT)
            .redirectError(ProcessBuilder.Redirect.INHERIT);
    builder.environment().remove("CLASSPATH");
    // As Spark's own scripts do: with local-cluster[..] the driver cannot start workers without it.
    builder.environment().putIfAbsent("SPARK_SCALA_VERSION", SCALA);
    builder.environment().put(ParentWatchdog.VARIABLE, ParentWatchdog.STDIN);
    return new Driver(builder.start());
  }

  /** The class path: folders with settings precede the jars, which contain their defaults. */
  private String classPath() {
    Stream<String> folders =
        Stream.of(
                environment.getOrDefault("SPARK_CONF_DIR", home.resolve("conf").toString()),
                environment.get("HADOOP_CONF_DIR"),
                environment.get("YARN_CONF_DIR"))
            .filter(Objects::nonNull);
    return Stream.concat(folders, Stream.of(home.resolve("jars").resolve("*").toString()))
        .collect(Collectors.joining(File.pathSeparator));
  }
}
