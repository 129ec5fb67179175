package dev.counterpoint.runner.spark;

import java.io.File;
import java.io.IOException;
import java.io.Serializable;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.spark.SparkFiles;
import org.jspecify.annotations.Nullable;

/**
 * Where the program's jars are on an executor.
 *
 * @param home the folder with {@code counterpoint.jar} and {@code lib/}; null where the jars travel
 *     with the job
 * @param jars the names of the jars that travel, in the order of the class path
 */
record Program(@Nullable String home, List<String> jars) implements Serializable {
  private static final long serialVersionUID = 1L;
  static final String JAR = "counterpoint.jar";
  private static final String MAIN = "dev.counterpoint.runner.cli.Main";

  Program {
    jars = new ArrayList<>(jars);
  }

  /**
   * The folder that this very class came from.
   *
   * @throws JobFailed where that is not the built program
   */
  static Path ownHome() {
    try {
      Path own = Path.of(Program.class.getProtectionDomain().getCodeSource().getLocation().toURI());
      if (own.getFileName().toString().endsWith(".jar")) {
        return own.toAbsolutePath().resolveSibling("");
      }
      throw JobFailed.wrong(
          "On Spark the program runs from its jar, but " + own + " is a folder of classes.");
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  /**
   * The jars in a folder, libraries first.
   *
   * @throws JobFailed where it is not the program's
   */
  static List<Path> jarsIn(Path home) {
    Path jar = home.resolve(JAR);
    Path libraries = home.resolve("lib");
    if (!Files.isRegularFile(jar) || !Files.isDirectory(libraries)) {
      throw JobFailed.wrong(
          home + " is not a folder of the program: it must hold " + JAR + " and lib/.");
    }
    try (Stream<Path> files = Files.list(libraries)) {
      List<Path> jars =
          new ArrayList<>(files.filter(file -> file.toString().endsWith(".jar")).sorted().toList());
      jars.add(jar);
      return jars;
    } catch (IOException e) {
      throw JobFailed.wrong(libraries + " cannot be read: " + e.getMessage());
    }
  }

  /**
   * The beginning of a command that runs a JVM with the program's own class path.
   *
   * @param flags of the JVM
   */
  static List<String> command(List<Path> jars, List<String> flags) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(flags);
    command.add("-cp");
    command.add(jars.stream().map(Path::toString).collect(Collectors.joining(File.pathSeparator)));
    command.add(MAIN);
    return command;
  }

  /** The jars on this executor. */
  List<Path> here() {
    if (home != null) {
      return jarsIn(Path.of(home));
    }
    return jars.stream().map(SparkFiles::get).map(jar -> Path.of(jar).toAbsolutePath()).toList();
  }
}
