package dev.counterpoint.runner.rundir;

import com.fasterxml.jackson.databind.JsonNode;
import dev.counterpoint.core.checkpoint.CheckpointLink;
import dev.counterpoint.core.internal.storage.AtomicFile;
import dev.counterpoint.core.internal.storage.FolderEntries;
import dev.counterpoint.core.internal.storage.LocalDisk;
import dev.counterpoint.core.settings.FileAccess;
import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.inference.ModelFolder;
import java.io.IOException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
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
 * The directory of one run and the paths of its files.
 *
 * @param path the absolute path
 * @param preexisting whether the directory existed before this run was created
 */
public record RunDirectory(Path path, boolean preexisting) {
  /** The file with the resolved run file. */
  public static final String RUN_FILE = "run.yaml";

  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("yyyyMMdd-HHmmss", Locale.ROOT);
  private static final Pattern STEP = Pattern.compile("step-(\\d{1,18})");
  private static final String RUNS = "runs";
  private static final String LOCK = ".lock";
  private static final String LOGS = "logs";
  private static final String MARK = ".ranks"; // as in RunFingerprint
  private static final Set<String> CREATED_BEFORE_START = Set.of(LOCK, LOGS, MARK);

  public RunDirectory {
    path = path.toAbsolutePath().normalize();
  }

  /** An existing run directory. */
  public RunDirectory(Path path) {
    this(path, true);
  }

  /**
   * The directory for a new run. It is not created yet.
   *
   * @param output the requested directory; null for {@code runs/NAME-TIME} in the working directory
   * @throws InvalidSettings if the requested directory is not empty or is a file
   */
  public static RunDirectory forNew(@Nullable Path output, String name) throws IOException {
    if (output == null) {
      return new RunDirectory(
          free(Path.of(RUNS, name + "-" + TIME.format(LocalDateTime.now(ZoneId.systemDefault())))),
          false);
    }
    FileAccess.requireAccess(output);
    if (Files.exists(output) && !Files.isDirectory(output)) {
      throw new InvalidSettings("--output " + output + " is a file; specify a directory.");
    }
    // These files alone belong to a run that has not started, or whose ranks are connecting.
    if (FolderEntries.of(output).stream()
        .anyMatch(file -> !CREATED_BEFORE_START.contains(file.getFileName().toString()))) {
      throw new InvalidSettings(
          "--output %s is not empty. %s",
          output,
          isRun(output)
              ? "To resume the run in it, use: counterpoint train " + output
              : "Specify a new or empty directory.");
    }
    return new RunDirectory(output, Files.isDirectory(output));
  }

  /** The path, or the path with a number appended if it already exists. */
  private static Path free(Path path) {
    Path free = path;
    for (int i = 2; Files.exists(free); i++) {
      free = path.resolveSibling(path.getFileName() + "-" + i);
    }
    return free;
  }

  /**
   * Whether the folder contains a file that only a run writes: its run file then comes from a run.
   */
  public boolean hasFilesOfRun() {
    Stream<Path> files =
        Stream.of(
            provenance(),
            checkpoints(),
            summary(),
            metrics(),
            history(),
            snapshots(),
            lock(),
            mark(),
            crashMarker(),
            model().resolve(ModelFolder.CONFIG),
            path.resolve("code/0"));
    return files.anyMatch(file -> Files.exists(file, LinkOption.NOFOLLOW_LINKS));
  }

  /** Whether a path is a run directory: it contains {@code run.yaml}. */
  public static boolean isRun(Path path) {
    return Files.isRegularFile(path.resolve(RUN_FILE));
  }

  /** Whether a path is the folder of an experiment: a run file without a run. */
  public static boolean isExperiment(Path path) {
    return isRun(path) && !new RunDirectory(path).hasFilesOfRun();
  }

  /**
   * A run directory with a provenance.
   *
   * @throws InvalidSettings if it is none
   */
  public static RunDirectory requireRecorded(Path path) throws IOException {
    FileAccess.requireAccess(path);
    FolderEntries.requireFiles(path, Integer.MAX_VALUE);
    RunDirectory run = new RunDirectory(path);
    if (!isRun(path) || !Files.exists(run.provenance())) {
      throw new InvalidSettings(
          "%s is not a run directory: it does not contain %s and provenance.json.", path, RUN_FILE);
    }
    return run;
  }

  /**
   * Checks that a training would only write to files of this directory.
   *
   * @throws InvalidSettings if an entry is a symbolic link
   */
  void requireNoLinks() throws IOException {
    try (Stream<Path> entries = Files.exists(path) ? Files.walk(path) : Stream.empty()) {
      for (Path entry : entries.filter(it -> !it.equals(path)).toList()) {
        if (Files.isSymbolicLink(entry)) {
          throw new InvalidSettings(
              "%s is a symbolic link, so training would write outside the run directory."
                  + " Replace it with what it links to.",
              entry);
        }
      }
    }
  }

  /** The resolved run file. */
  public Path runFile() {
    return path.resolve(RUN_FILE);
  }

  /** Command, versions, machine and data fingerprint of the run. */
  public Path provenance() {
    return path.resolve("provenance.json");
  }

  /** The metrics of each reported step, one JSON object per line. */
  public Path metrics() {
    return path.resolve("metrics.jsonl");
  }

  /** The final metrics, written when training ends. */
  public Path summary() {
    return path.resolve("summary.json");
  }

  /** The file that {@link RunLock} locks. */
  Path lock() {
    return path.resolve(LOCK);
  }

  /** A file written by rank 0, by which other ranks check that they share its run directory. */
  public Path mark() {
    return path.resolve(MARK);
  }

  /** The file of {@link CrashMarker}. */
  Path crashMarker() {
    return path.resolve(".crash-marker");
  }

  /** The printed lines of a run in a single process, with time and level. */
  public Path log() {
    return path.resolve("run.log");
  }

  /** The HTML report. */
  public Path report() {
    return path.resolve("report.html");
  }

  /** The folder of the checkpoints. */
  public Path checkpoints() {
    return path.resolve("checkpoints");
  }

  /** The last step that has a checkpoint, which may be damaged; empty if there is none. */
  public OptionalLong newestStep() throws IOException {
    return steps().stream().mapToLong(step -> step).max();
  }

  /** The steps that have a checkpoint, which may be damaged. */
  public Set<Long> steps() throws IOException {
    return FolderEntries.of(checkpoints()).stream()
        .map(file -> STEP.matcher(file.getFileName().toString()))
        .filter(Matcher::matches)
        .map(step -> Long.valueOf(step.group(1)))
        .collect(Collectors.toUnmodifiableSet());
  }

  /** Deletes the log files of a distributed run that did not start. */
  public void discardLogs() throws IOException {
    new LocalDisk().delete(logs());
  }

  /** The folder with the log of each process of a distributed run. */
  public Path logs() {
    return path.resolve(LOGS);
  }

  /** The file with the links of all checkpoints. */
  public Path history() {
    return path.resolve(CheckpointLink.FILE);
  }

  /** The folder of the step snapshots. */
  public Path snapshots() {
    return path.resolve("snapshots");
  }

  /** The folder of the final model. */
  public Path model() {
    return path.resolve("model");
  }

  /**
   * The folders that relative paths are resolved against, in this order: the base folders of the
   * original command, the run directory, and the working directory. The original ones come first,
   * so that files in the run or working directory cannot replace them.
   */
  public List<Path> baseFolders() throws IOException {
    JsonNode folders = AtomicFile.readJson(provenance()).path("baseFolders");
    return Stream.concat(
            folders.valueStream().map(folder -> Path.of(folder.asText())),
            Stream.of(path, Path.of("").toAbsolutePath()))
        .toList();
  }

  /**
   * Checks during training that the run directory still exists.
   *
   * @throws IOException if its run file does not exist
   */
  public void requireExists() throws IOException {
    if (!isRun(path)) {
      throw new IOException(
          "The run directory " + path + " has been removed, or its " + RUN_FILE + " is missing.");
    }
  }

  /**
   * Deletes the files of a run that could not start, unless it has checkpoints. If this run created
   * the directory, the directory and an empty parent {@code runs} are deleted too.
   */
  public void discardUnlessStarted() throws IOException {
    if (!FolderEntries.of(checkpoints()).isEmpty()) {
      return;
    }
    List<Path> initialFiles =
        List.of(
            runFile(),
            provenance(),
            metrics(),
            report(),
            log(),
            checkpoints(),
            crashMarker(),
            mark(),
            lock());
    for (Path file : initialFiles) {
      Files.deleteIfExists(file);
    }
    new LocalDisk().delete(path.resolve(RunCode.FOLDER));
    if (preexisting) {
      return;
    }
    try {
      Files.deleteIfExists(path);
      Path parent = path.resolveSibling("").normalize();
      if (parent.endsWith(RUNS)) {
        Files.deleteIfExists(parent);
      }
    } catch (DirectoryNotEmptyException e) {
      // Files written by callbacks are kept.
    }
  }
}
