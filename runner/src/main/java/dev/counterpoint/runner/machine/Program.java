package dev.counterpoint.runner.machine;

import dev.counterpoint.core.internal.storage.Sha256;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.jar.JarFile;
import java.util.jar.Manifest;
import java.util.stream.Stream;

/** Version, commit and jars of the running program. */
public final class Program {
  private static final String COMMIT = "Git-Commit"; // as in runner/pom.xml
  private static final String OURS =
      "(core|tasks|models|inference|serving|strategies)-\\d.*\\.jar|counterpoint.*\\.jar";

  /** The sources of the program, as in the launcher. */
  private static final List<String> SOURCES =
      Stream.concat(
              Stream.of("pom.xml", ".mvn", "experiments"),
              Stream.of("core", "tasks", "models", "inference", "serving", "strategies", "runner")
                  .flatMap(module -> Stream.of(module + "/pom.xml", module + "/src/main")))
          .toList();

  private Program() {}

  /** The version; {@code unpackaged} if the program was started from class folders. */
  public static String version() {
    String version = Program.class.getPackage().getImplementationVersion();
    return version == null ? "unpackaged" : version;
  }

  /**
   * The commit of the checkout from which the program runs; otherwise the commit that the release
   * records.
   */
  public static Optional<String> commit() throws IOException {
    for (Path jar : ours()) {
      Path checkout = jar.resolveSibling("../..").normalize();
      if (Files.exists(checkout.resolve("runner/pom.xml"))) {
        return GitCommit.of(checkout, SOURCES);
      }
      try (JarFile opened = new JarFile(jar.toFile())) {
        Manifest manifest = opened.getManifest();
        String commit = manifest == null ? null : manifest.getMainAttributes().getValue(COMMIT);
        if (commit != null && !commit.isBlank()) {
          return Optional.of(commit);
        }
      }
    }
    return Optional.empty();
  }

  /** The SHA-256 of each of the program's own jars; empty if it runs from class folders. */
  public static Map<String, String> jars() throws IOException {
    Map<String, String> jars = new TreeMap<>();
    for (Path entry : ours()) {
      jars.put(entry.getFileName().toString(), Sha256.of(entry));
    }
    return jars;
  }

  private static List<Path> ours() {
    return Arrays.stream(CurrentJvm.classPath().split(File.pathSeparator))
        .map(Path::of)
        .map(Path::toAbsolutePath)
        .filter(entry -> entry.getFileName().toString().matches(OURS))
        .filter(Files::isRegularFile)
        .toList();
  }
}
