package dev.counterpoint.runner.spark;

import dev.counterpoint.runner.LauncherCommand;
import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
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
 * Starts the driver in a JVM of its own, with Spark's class path, as {@code spark-submit} would.
 *
 * @param home of Spark
 * @param environment of this process
 */
public record SparkSubmission(Path home, Map<String, String> environment) {
  private static final String SUBMIT = "org.apache.spark.deploy.SparkSubmit";
  private static final String SCALA = "2.13";
  private static final String CORE = "spark-core_" + SCALA + "-";

  /** Finds Spark by {@code SPARK_HOME}; nothing where that is not set or holds no Spark. */
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

  /**
   * Starts the driver and waits for its end. A signal to this process is passed on.
   *
   * @param settings more arguments of {@code spark-submit}
   * @param training the arguments of the program, {@code train} first
   * @return its exit code
   */
  public int run(String master, List<String> settings, List<String> training) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-XX:+UseSerialGC", "-XX:-UsePerfData"));
    command.add("-D" + LauncherCommand.PROPERTY + "=" + LauncherCommand.path());
    command.addAll(List.of("-cp", classPath(), SUBMIT));
    command.addAll(List.of("--master", master));
    command.addAll(settings);
    command.addAll(List.of("--class", SparkTraining.class.getName()));
    command.add(Program.ownHome().resolve(Program.JAR).toString());
    command.addAll(training);
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .redirectOutput(ProcessBuilder.Redirect.INHERIT)
            .redirectError(ProcessBuilder.Redirect.INHERIT);
    builder.environment().remove("CLASSPATH");
    // As Spark's own scripts say; a driver with workers of its own, local-cluster[..], starts none
    // without.
    builder.environment().putIfAbsent("SPARK_SCALA_VERSION", SCALA);
    builder.environment().put(DriverLeash.VARIABLE, DriverLeash.STANDARD_INPUT);
    return waitFor(builder.start());
  }

  /** Settings come before the jars, which have defaults of them. */
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

  private static int waitFor(Process driver) {
    for (String signal : List.of("INT", "TERM")) {
      org.jline.utils.Signals.register(signal, () -> pass(signal, driver));
    }
    while (true) {
      try {
        return driver.waitFor();
      } catch (InterruptedException e) {
        driver.destroy();
      }
    }
  }

  private static void pass(String signal, Process driver) {
    try {
      OutputStream leash = driver.getOutputStream();
      leash.write(("stop " + signal + "\n").getBytes(StandardCharsets.UTF_8));
      leash.flush();
    } catch (IOException e) {
      // It has ended.
    }
  }
}
