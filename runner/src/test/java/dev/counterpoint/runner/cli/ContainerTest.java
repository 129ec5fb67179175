package dev.counterpoint.runner.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/**
 * The launcher and the program in an environment like a container's, which {@code container.sh}
 * creates with namespaces and cgroups.
 */
@EnabledOnOs(OS.LINUX)
final class ContainerTest {
  private static final int SKIPPED = 77;
  private static final String GIGABYTE = "1073741824";
  private static final String ONE_AND_A_HALF_PROCESSORS = "150000";
  private static final String[] SMALL_TRAINING = {
    "train", "sentiment", "--set", "training.epochs=1", "--set", "training.batchSize=128"
  };
  private static final Path HOME = Path.of("target", "container").toAbsolutePath();
  private static final Path WRITABLE = HOME.resolve("writable");

  private record Outcome(int code, String output) {}

  /** A home of the program without sources, whose libraries are those of this JVM. */
  @BeforeAll
  static void writeProgram() throws IOException {
    delete();
    Path script = Path.of("..", "counterpoint");
    assumeThat(script).as("the launcher script of the project").exists();
    Path lib = Files.createDirectories(HOME.resolve("runner/target/lib"));
    Files.createDirectories(WRITABLE);
    Files.copy(script, HOME.resolve("counterpoint"));
    emptyJar(HOME.resolve("runner/target/counterpoint.jar"));
    int number = 0;
    for (String entry : System.getProperty("java.class.path").split(File.pathSeparator)) {
      Path path = Path.of(entry);
      if (Files.isDirectory(path)) {
        jar(path, lib.resolve("core-" + number++ + ".jar"));
      } else if (Files.exists(path)) {
        link(path, lib.resolve(number++ + "-" + path.getFileName()));
      }
    }
  }

  @AfterAll
  static void delete() throws IOException {
    if (Files.exists(HOME)) {
      try (Stream<Path> files = Files.walk(HOME)) {
        for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
          Files.delete(file);
        }
      }
    }
  }

  @Test
  void sentimentTrainsInOneGigabyteAndOneThread() throws Exception {
    Outcome outcome =
        run(
            "700m",
            List.of(
                "COUNTERPOINT_CACHE=" + WRITABLE.resolve("cache"),
                "JAVA_TOOL_OPTIONS=-XX:+UseG1GC",
                "HTTPS_PROXY=http://user:geheim@proxy.invalid:3128"),
            SMALL_TRAINING);

    assertThat(outcome.code()).as(outcome.output()).isZero();
    assertThat(outcome.output())
        .contains("validation: loss", "run directory: ")
        .doesNotContain("geheim");
  }

  @Test
  void ranksTrainWithTheFlagsOfTheEnvironment() throws Exception {
    List<String> training = new ArrayList<>(List.of(SMALL_TRAINING));
    training.addAll(List.of("--set", "strategy.type=distributed", "--set", "strategy.workers=2"));
    Outcome outcome =
        run(
            "1500m",
            List.of(
                "COUNTERPOINT_CACHE=" + WRITABLE.resolve("cache"),
                "MEMORY=4294967296",
                "JDK_JAVA_OPTIONS=-XX:+UseParallelGC"
                    + " -agentlib:jdwp=transport=dt_socket,server=y,suspend=n"),
            training.toArray(String[]::new));

    assertThat(outcome.code()).as(outcome.output()).isZero();
  }

  @Test
  void doctorReportsTheLimitsAndTheFolderThatAllowsNoLibraries() throws Exception {
    Outcome outcome = run("1m", List.of(), "doctor");

    assertThat(outcome.code()).isEqualTo(1);
    assertThat(outcome.output())
        .contains("1 cores", "memory        1.1 GB", "encoding      UTF-8")
        .contains("/tmp/counterpoint-123456", "noexec", "COUNTERPOINT_CACHE")
        .doesNotContain("?/");
  }

  @Test
  void trainingWithoutAFolderForLibrariesNamesTheVariable() throws Exception {
    Outcome outcome = run("1m", List.of("HOME=/"), SMALL_TRAINING);

    assertThat(outcome.code()).isEqualTo(2);
    assertThat(outcome.output()).contains("noexec", "COUNTERPOINT_CACHE").doesNotContain("\tat ");
  }

  @Test
  void fullCacheIsNamed() throws Exception {
    for (String size : List.of("64k", "3m", "40m")) {
      Outcome outcome =
          run(size, List.of("COUNTERPOINT_CACHE=" + WRITABLE.resolve("cache")), SMALL_TRAINING);

      assertThat(outcome.code()).as(outcome.output()).isIn(1, 2);
      assertThat(outcome.output())
          .contains(WRITABLE.resolve("cache") + " (", "MB free", "COUNTERPOINT_CACHE")
          .doesNotContain("\tat ");
    }
  }

  private static Outcome run(String cacheSize, List<String> variables, String... arguments)
      throws Exception {
    String memory =
        variables.stream()
            .filter(variable -> variable.startsWith("MEMORY="))
            .map(variable -> variable.substring("MEMORY=".length()))
            .findFirst()
            .orElse(GIGABYTE);
    Path script = Path.of("src/test/resources/container.sh").toAbsolutePath();
    List<String> command =
        new ArrayList<>(
            List.of(
                "bash",
                script.toString(),
                HOME.resolve("counterpoint").toString(),
                WRITABLE.toString(),
                memory,
                ONE_AND_A_HALF_PROCESSORS,
                cacheSize));
    command.addAll(variables);
    command.add("--");
    command.addAll(List.of(arguments));
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
    Process process = builder.start();
    process.getOutputStream().close();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    Outcome outcome = new Outcome(process.waitFor(), output);
    assumeThat(outcome.code()).as(output).isNotEqualTo(SKIPPED);
    return outcome;
  }

  private static void link(Path from, Path to) throws IOException {
    try {
      Files.createLink(to, from.toRealPath());
    } catch (IOException | UnsupportedOperationException otherFileSystem) {
      Files.copy(from, to);
    }
  }

  private static void emptyJar(Path file) throws IOException {
    try (OutputStream out = Files.newOutputStream(file);
        JarOutputStream jar = new JarOutputStream(out)) {
      jar.putNextEntry(new JarEntry("META-INF/"));
    }
  }

  private static void jar(Path folder, Path file) throws IOException {
    try (OutputStream out = Files.newOutputStream(file);
        JarOutputStream jar = new JarOutputStream(out);
        Stream<Path> content = Files.walk(folder)) {
      for (Path each : content.filter(Files::isRegularFile).toList()) {
        jar.putNextEntry(new JarEntry(folder.relativize(each).toString()));
        Files.copy(each, jar);
      }
    }
  }
}
