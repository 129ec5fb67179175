package dev.counterpoint.runner.rundir;

import com.fasterxml.jackson.databind.JsonNode;
import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.core.storage.AtomicFile;
import java.io.IOException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;
import java.util.OptionalLong;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The folder of one run, and the names in it.
 *
 * @param path absolute
 * @param wasThere whether it is not of this run's making
 */
public record RunDirectory(Path path, boolean wasThere) {
  /** The file with the resolved run file. */
  public static final String RUN_FILE = "run.yaml";

  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("yyyyMMdd-HHmmss", Locale.ROOT);
  private static final Pattern STEP = Pattern.compile("step-(\\d{1,18})");
  private static final String RUNS = "runs";
  private static final String LOCK = ".lock";
  private static final String LOGS = "logs";
  private static final String MARK = ".ranks"; // as in RunFingerprint
  private static final Set<String> BEFORE_THE_RUN = Set.of(LOCK, LOGS, MARK);

  public RunDirectory {
    path = path.toAbsolutePath().normalize();
  }

  /** One that is there. */
  public RunDirectory(Path path) {
    this(path, true);
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
          free(Path.of(RUNS, name + "-" + TIME.format(LocalDateTime.now(ZoneId.systemDefault())))),
          false);
    }
    if (Files.exists(asked) && !Files.isDirectory(asked)) {
      throw new InvalidSettings("--output " + asked + " is a file; name a directory.");
    }
    if (Files.isDirectory(asked)) {
      try (Stream<Path> files = Files.list(asked)) {
        // These alone are of a run that was stopped before it began, or whose ranks are meeting.
        if (files.anyMatch(file -> !BEFORE_THE_RUN.contains(file.getFileName().toString()))) {
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
    return new RunDirectory(asked, Files.isDirectory(asked));
  }

  /** The path, or one beside it where a run of the same second has taken it. */
  private static Path free(Path path) {
    Path free = path;
    for (int i = 2; Files.exists(free); i++) {
      free = path.resolveSibling(path.getFileName() + "-" + i);
    }
    return free;
  }

  /** Whether a path is the directory of a run. */
  public static boolean isRun(Path path) {
    return Files.isRegularFile(path.resolve(RUN_FILE));
  }

  public Path runFile() {
    return path.resolve(RUN_FILE);
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

  /** What {@link RunLock} locks. */
  Path lock() {
    return path.resolve(LOCK);
  }

  /** What rank 0 writes so that other ranks see whether they have the same directory. */
  public Path mark() {
    return path.resolve(MARK);
  }

  /** What {@link CrashMarker} writes. */
  Path crashMarker() {
    return path.resolve(".crash-marker");
  }

  public Path report() {
    return path.resolve("report.html");
  }

  public Path checkpoints() {
    return path.resolve("checkpoints");
  }

  /** The last step of which there is a checkpoint, whole or not. */
  public OptionalLong newestStep() throws IOException {
    return steps().stream().mapToLong(step -> step).max();
  }

  /** The steps of which there is a checkpoint, whole or not. */
  public Set<Long> steps() throws IOException {
    if (!Files.isDirectory(checkpoints())) {
      return Set.of();
    }
    try (Stream<Path> files = Files.list(checkpoints())) {
      return files
          .map(file -> STEP.matcher(file.getFileName().toString()))
          .filter(Matcher::matches)
          .map(step -> Long.valueOf(step.group(1)))
          .collect(Collectors.toUnmodifiableSet());
    }
  }

  /** Removes what the processes of a run said that did not begin. */
  public void discardLogs() throws IOException {
    if (Files.isDirectory(logs())) {
      try (Stream<Path> files = Files.list(logs())) {
        for (Path file : files.toList()) {
          Files.delete(file);
        }
      }
      Files.delete(logs());
    }
  }

  /** What each process of a distributed run said. */
  public Path logs() {
    return path.resolve(LOGS);
  }

  public Path snapshots() {
    return path.resolve("snapshots");
  }

  public Path model() {
    return path.resolve("model");
  }

  /**
   * The folders that relative paths count from: those in which the run began, so that what lies in
   * the run's own directory, or in the one at hand, takes no file's place.
   */
  public List<Path> baseFolders() throws IOException {
    JsonNode folders = AtomicFile.readJson(provenance()).path("baseFolders");
    return Stream.concat(
            folders.valueStream().map(folder -> Path.of(folder.asText())),
            Stream.of(path, Path.of("").toAbsolutePath()))
        .toList();
  }

  /**
   * Checks that nobody has removed the directory of a run that is under way.
   *
   * @throws IOException where its run file is gone
   */
  public void requireThere() throws IOException {
    if (!isRun(path)) {
      throw new IOException(
          "The run directory " + path + " has been removed, or its " + RUN_FILE + " has.");
    }
  }

  /**
   * Takes back a directory in which a run could not begin: what it holds, if that is only its first
   * files, and where the run has made it, itself and the {@code runs} that it lies in, if nothing
   * else does.
   */
  public void discardUnlessBegun() throws IOException {
    try (Stream<Path> files =
        Files.exists(checkpoints()) ? Files.list(checkpoints()) : Stream.empty()) {
      if (files.findAny().isPresent()) {
        return;
      }
    }
    List<Path> first =
        List.of(
            runFile(),
            provenance(),
            metrics(),
            report(),
            checkpoints(),
            crashMarker(),
            mark(),
            lock());
    for (Path file : first) {
      Files.deleteIfExists(file);
    }
    if (wasThere) {
      return;
    }
    try {
      Files.deleteIfExists(path);
      Path above = path.resolveSibling("").normalize();
      if (above.endsWith(RUNS)) {
        Files.deleteIfExists(above);
      }
    } catch (DirectoryNotEmptyException e) {
      // What a callback wrote stays.
    }
  }
}
