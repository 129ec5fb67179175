package dev.counterpoint.runner.rundir;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.counterpoint.core.settings.InvalidSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The folder of one run, and the names in it.
 *
 * @param path absolute
 */
public record RunDirectory(Path path) {
  private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("yyyyMMdd-HHmmss");
  private static final JsonMapper JSON = new JsonMapper();

  public RunDirectory {
    path = path.toAbsolutePath().normalize();
  }

  /**
   * A directory for a new run: the one asked for, or {@code runs/NAME-TIME} below the working
   * directory.
   *
   * @throws InvalidSettings where the one asked for has something in it, or is a file
   */
  public static RunDirectory forNew(@Nullable Path asked, String name) throws IOException {
    if (asked == null) {
      return new RunDirectory(
          Path.of("runs", name + "-" + TIME.format(LocalDateTime.now(ZoneId.systemDefault()))));
    }
    if (Files.exists(asked) && !Files.isDirectory(asked)) {
      throw new InvalidSettings("--output " + asked + " is a file; name a directory.");
    }
    if (Files.isDirectory(asked)) {
      try (Stream<Path> files = Files.list(asked)) {
        if (files.findAny().isPresent()) {
          throw new InvalidSettings(
              "--output "
                  + asked
                  + " is not empty."
                  + (isRun(asked)
                      ? " To go on with the run in it: counterpoint train " + asked
                      : " Name a new or empty directory."));
        }
      }
    }
    return new RunDirectory(asked);
  }

  /** Whether a path is the directory of a run. */
  public static boolean isRun(Path path) {
    return Files.isRegularFile(path.resolve("run.yaml"));
  }

  public Path runFile() {
    return path.resolve("run.yaml");
  }

  public Path provenance() {
    return path.resolve("provenance.json");
  }

  public Path metrics() {
    return path.resolve("metrics.jsonl");
  }

  public Path summary() {
    return path.resolve("summary.json");
  }

  public Path report() {
    return path.resolve("report.html");
  }

  public Path checkpoints() {
    return path.resolve("checkpoints");
  }

  public Path model() {
    return path.resolve("model");
  }

  /** The folders that relative paths in the run file count from. */
  public List<Path> baseFolders() throws IOException {
    JsonNode folders = readJson(provenance()).path("baseFolders");
    return Stream.concat(
            Stream.of(path), folders.valueStream().map(folder -> Path.of(folder.asText())))
        .toList();
  }

  /** Writes a JSON file whole or not at all. */
  public static void writeJson(Path file, ObjectNode content) throws IOException {
    writeText(file, content.toPrettyString() + "\n");
  }

  /** Writes a text file whole or not at all. */
  public static void writeText(Path file, String content) throws IOException {
    Path fresh = file.resolveSibling("." + file.getFileName() + ".new");
    Files.writeString(fresh, content);
    Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE);
  }

  /** A JSON file; an empty object where there is none. */
  public static JsonNode readJson(Path file) throws IOException {
    return Files.exists(file) ? JSON.readTree(file.toFile()) : JSON.createObjectNode();
  }

  /**
   * Takes back a directory in which a run could not begin: what it holds, if that is only its first
   * files.
   */
  public void discardUnlessBegun() throws IOException {
    try (Stream<Path> files =
        Files.exists(checkpoints()) ? Files.list(checkpoints()) : Stream.empty()) {
      if (files.findAny().isPresent()) {
        return;
      }
    }
    for (Path file : List.of(runFile(), provenance(), metrics(), report(), checkpoints())) {
      Files.deleteIfExists(file);
    }
    Files.deleteIfExists(path);
  }
}
