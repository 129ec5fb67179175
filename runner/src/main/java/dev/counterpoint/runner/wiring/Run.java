package dev.counterpoint.runner.wiring;

import dev.counterpoint.core.settings.CacheFolder;
import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.core.settings.Nearest;
import dev.counterpoint.inference.config.Binder;
import dev.counterpoint.inference.config.SettingsTree;
import dev.counterpoint.inference.config.SourcePath;
import dev.counterpoint.models.huggingface.PretrainedConfig;
import dev.counterpoint.runner.experiment.BuiltInData;
import dev.counterpoint.runner.experiment.Experiments;
import dev.counterpoint.runner.rundir.RunDirectory;
import dev.counterpoint.tasks.tokenizer.TokenizerFolder;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.MalformedInputException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A run that was asked for, read and checked: nothing has been written yet.
 *
 * @param file the whole run file, defaults and {@code --set} in it
 * @param directory where it is to be kept, or is kept already
 * @param isResumed whether it began before
 * @param binder that read it, and writes it
 * @param files finds the files that it names
 */
public record Run(
    RunFile file, RunDirectory directory, boolean isResumed, Binder binder, FileFinder files) {
  /** What may change of a run that goes on: nothing that its steps so far hang on. */
  private static final List<String> CHANGEABLE =
      List.of(
          "training.epochs",
          "training.reportEvery",
          "checkpoint",
          "callbacks",
          "device",
          "classpath",
          "strategy.workers",
          "strategy.maxRestarts",
          "strategy.deadlineSeconds");

  /**
   * What was asked for on the command line.
   *
   * @param run a built-in name, a YAML file, or a run directory to go on with
   * @param sets each {@code key=value}
   * @param classpath jars, class folders and {@code .java} files
   * @param output null for a directory of the run's name and time
   * @param joins whether this is one of several processes, any of which may have begun the run in
   *     {@code output} already
   */
  public record Request(
      String run, List<String> sets, List<Path> classpath, @Nullable Path output, boolean joins) {
    /** Of one process alone. */
    public Request(String run, List<String> sets, List<Path> classpath, @Nullable Path output) {
      this(run, sets, classpath, output, false);
    }
  }

  /**
   * Reads the run that was asked for.
   *
   * @throws InvalidSettings naming all that is wrong with it
   */
  public static Run of(Request request) throws IOException {
    Path path = Path.of(request.run());
    if (Experiments.has(request.run())) {
      return begin(
          request, Experiments.runFile(request.run(), request.sets()), request.run(), Path.of(""));
    }
    if (Files.isDirectory(path)) {
      return resume(request, path);
    }
    if (!Files.isRegularFile(path)) {
      throw new InvalidSettings(unknown(request.run()));
    }
    Path folder = path.toAbsolutePath().resolveSibling("");
    return begin(request, read(path), path.getFileName().toString(), folder);
  }

  /** Reads a run directory, to use what is in it. */
  public static Run existing(Path directory, List<String> sets, List<Path> classpath)
      throws IOException {
    RunDirectory run = new RunDirectory(directory);
    if (!RunDirectory.isRun(directory)) {
      throw new InvalidSettings(
          directory
              + " is not a run directory: it has no run.yaml"
              + (Files.exists(directory) ? "." : ", as it does not exist."));
    }
    SettingsTree tree = SettingsTree.load("run.yaml", read(run.runFile()), sets);
    FileFinder files = new FileFinder(run.baseFolders(), new BuiltInData(CacheFolder.path()));
    Binder binder = binder(tree, files, classpath);
    return new Run(binder.bind(tree, RunFile.class), run, true, binder, files);
  }

  /**
   * The folder that must have the tokenizer that the model was trained with before the run, if it
   * was, unless the data names one.
   */
  @Nullable Path tokenizer() {
    Path origin = origin();
    if (!(file.model() instanceof PretrainedConfig config) || config.from() == null) {
      return null;
    }
    return Stream.of(origin, directory.model())
        .filter(folder -> folder != null && TokenizerFolder.isIn(folder))
        .findFirst()
        .orElse(origin);
  }

  /** The folder that the model begins from; null where there is none, or it is gone by now. */
  public @Nullable Path origin() {
    if (!(file.model() instanceof PretrainedConfig config) || config.from() == null) {
      return null;
    }
    try {
      Path folder = files.apply(config.from());
      return isResumed && !Files.isDirectory(folder) ? null : folder;
    } catch (UncheckedIOException e) {
      if (isResumed) {
        return null;
      }
      throw e;
    }
  }

  private static Run resume(Request request, Path directory) throws IOException {
    if (request.output() != null) {
      throw new InvalidSettings(
          "--output does not go with a run directory: the run in "
              + directory
              + " goes on where it is.");
    }
    for (String set : request.sets()) {
      String key = set.split("=", 2)[0];
      if (!mayChange(key)) {
        throw new InvalidSettings(
            "--set " + key + " would change a run that has begun. " + whatMayChange());
      }
    }
    Run run = existing(directory, request.sets(), request.classpath());
    if (Files.exists(run.directory().summary()) && run.directory().newestStep().isEmpty()) {
      throw new InvalidSettings(
          "The run in "
              + directory
              + " has ended before, and its checkpoints are gone: it would begin again at the first"
              + " step, in place of what it has. Start a new run in another directory.");
    }
    return run;
  }

  /** The whole run file as single values by their paths. */
  public Map<String, String> settings() {
    return FlatSettings.of(binder.toTree(file));
  }

  /**
   * Whether processes of one run may have different values, as they are where something lies: what
   * lies there is compared otherwise.
   */
  public static boolean isOfOneMachine(String key) {
    return key.equals("device")
        || key.startsWith("classpath")
        || (key.startsWith("data.") && key.endsWith(".path"));
  }

  /** Files may be moved: whether they hold the same data is known by their fingerprint. */
  static boolean mayChange(String key) {
    return CHANGEABLE.stream().anyMatch(free -> key.equals(free) || key.startsWith(free + "."))
        || (key.startsWith("data.") && key.endsWith(".path"));
  }

  static String whatMayChange() {
    return "What may change is "
        + String.join(", ", CHANGEABLE)
        + ", and where the data lies; for all else start a new run.";
  }

  private static Run begin(Request request, String text, String name, Path folder)
      throws IOException {
    SettingsTree tree = SettingsTree.load(name, text, request.sets());
    FileFinder files =
        new FileFinder(List.of(folder, Path.of("")), new BuiltInData(CacheFolder.path()));
    Binder binder = binder(tree, files, request.classpath());
    RunFile file = binder.bind(tree, RunFile.class).locatedBy(files, request.classpath());
    if (request.joins() && request.output() != null) {
      RunDirectory directory = new RunDirectory(request.output());
      return new Run(
          file.within(directory.path()),
          directory,
          RunDirectory.isRun(directory.path()),
          binder,
          files);
    }
    RunDirectory directory = RunDirectory.forNew(request.output(), file.name());
    return new Run(file.within(directory.path()), directory, false, binder, files);
  }

  private static Binder binder(SettingsTree tree, FileFinder files, List<Path> classpath) {
    List<Path> entries = new ArrayList<>(tree.strings("classpath").stream().map(files).toList());
    entries.addAll(classpath);
    return new Binder(Catalogs.all(), SourcePath.open(entries));
  }

  private static String read(Path file) throws IOException {
    try {
      return Files.readString(file);
    } catch (MalformedInputException e) {
      throw new InvalidSettings(file + " is not UTF-8 text.");
    }
  }

  private static String unknown(String run) {
    List<String> names = new ArrayList<>();
    Experiments.names().forEach(names::add);
    List<String> near = new ArrayList<>(names);
    try (Stream<Path> files = Files.list(Path.of(""))) {
      files.map(Path::toString).filter(file -> file.endsWith(".yaml")).forEach(near::add);
    } catch (IOException e) {
      near = names;
    }
    return "\""
        + run
        + "\" is no built-in run, no run file and no run directory"
        + Nearest.suggestion(run, near)
        + " Built-in: "
        + String.join(", ", names);
  }
}
