package dev.counterpoint.runner.wiring;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.counterpoint.core.callback.CallbackConfig.ReportsToServer;
import dev.counterpoint.core.checkpoint.Checkpoint;
import dev.counterpoint.core.internal.storage.FolderEntries;
import dev.counterpoint.core.internal.storage.Json;
import dev.counterpoint.core.internal.storage.Utf8File;
import dev.counterpoint.core.settings.CacheFolder;
import dev.counterpoint.core.settings.FileAccess;
import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.core.settings.InvalidSettings.Problem;
import dev.counterpoint.core.settings.Nearest;
import dev.counterpoint.core.settings.RecordCopy;
import dev.counterpoint.inference.ModelFolder;
import dev.counterpoint.inference.TrainedConfig;
import dev.counterpoint.inference.internal.code.SourcePath;
import dev.counterpoint.inference.internal.code.TrustedCode;
import dev.counterpoint.inference.internal.config.Binder;
import dev.counterpoint.inference.internal.config.SettingsTree;
import dev.counterpoint.models.huggingface.PretrainedConfig;
import dev.counterpoint.models.lora.Lora;
import dev.counterpoint.runner.RunFailed;
import dev.counterpoint.runner.experiment.BuiltInData;
import dev.counterpoint.runner.experiment.Experiments;
import dev.counterpoint.runner.rundir.FlatSettings;
import dev.counterpoint.runner.rundir.RunCode;
import dev.counterpoint.runner.rundir.RunDirectory;
import dev.counterpoint.tasks.table.TableSource;
import dev.counterpoint.tasks.tokenizer.TokenizerFolder;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A run with its settings, read and validated. Creating it does not write anything.
 *
 * @param file the resolved run file, including defaults and {@code --set}
 * @param directory the run directory, which may not exist yet
 * @param isResumed whether the run already exists and is resumed
 * @param binder the binder of the run file
 * @param code the user-defined code of the run
 * @param trust the user-defined code that may run
 * @param files resolves the file names in the run file
 * @param notes what is valid but may be unexpected, such as keys that are ignored
 * @param written the settings that the run file and {@code --set} contain
 */
public record Run(
    RunFile file,
    RunDirectory directory,
    boolean isResumed,
    Binder binder,
    SourcePath code,
    TrustedCode trust,
    FileFinder files,
    List<String> notes,
    SettingsTree written) {
  private static final String QUERY = "(?s)data\\..*\\.sql\\..*";

  /** The environment variable of a process that is a {@link #isRepetition repetition}. */
  public static final String REPETITION = "COUNTERPOINT_REPETITION";

  /** The settings that may change when a run is resumed, and on which later steps depend. */
  private static final List<String> OF_PART =
      List.of(
          "training.epochs",
          "training.maxSteps",
          "training.validateEvery",
          "checkpoint",
          "metrics",
          "callbacks",
          "threads",
          "strategy.workers");

  /** The settings that may change when a run is resumed; past steps do not depend on them. */
  private static final List<String> CHANGEABLE =
      Stream.concat(
              OF_PART.stream(),
              Stream.of(
                  "training.maxTime",
                  "training.reportEvery",
                  "privacy",
                  "device",
                  "classpath",
                  "strategy.maxRestarts",
                  "strategy.deadlineSeconds"))
          .toList();

  /**
   * The command-line arguments that define a run.
   *
   * @param run a built-in name, a YAML file, or a run directory to resume
   * @param sets the {@code --set} overrides, each {@code key=value}
   * @param classpath jars, class folders and {@code .java} files
   * @param output the run directory; null for a directory named after the run and the time
   * @param trustsCode whether code that a run directory names may run although it is not in the
   *     user's list of trusted code
   * @param joins whether this is one of several processes, another of which may already have
   *     started the run in {@code output}
   */
  public record Request(
      String run,
      List<String> sets,
      List<Path> classpath,
      @Nullable Path output,
      boolean trustsCode,
      boolean joins) {
    /** The arguments of a run in a single process. */
    public Request(String run, List<String> sets, List<Path> classpath, @Nullable Path output) {
      this(run, sets, classpath, output, false, false);
    }

    TrustedCode trust() {
      return trustsCode ? TrustedCode.everything() : TrustedCode.ofUser();
    }

    /** The same request of a rank that joins a run started by rank 0. */
    public Request joining() {
      return RecordCopy.with(this, "joins", true);
    }

    /** The same request with other overrides. */
    public Request with(List<String> others) {
      return RecordCopy.with(this, "sets", others);
    }

    /** The words of the command line that name the run, its overrides and its class path. */
    public List<String> arguments() {
      List<String> arguments = new ArrayList<>(List.of(run));
      sets.forEach(set -> arguments.addAll(List.of("--set", set)));
      classpath.forEach(path -> arguments.addAll(List.of("--classpath", path.toString())));
      if (trustsCode) {
        arguments.add("--trust-code");
      }
      return arguments;
    }
  }

  /**
   * Reads and validates the requested run.
   *
   * @throws InvalidSettings if the run does not exist or is invalid; the message lists all problems
   */
  public static Run of(Request request) throws IOException {
    Path path = Path.of(request.run());
    if (Experiments.has(request.run())) {
      return start(
          request,
          Experiments.runFile(request.run(), request.sets()),
          request.run(),
          List.of(Path.of("")),
          null);
    }
    FileAccess.requireAccess(path);
    if (Files.isDirectory(path)) {
      return RunDirectory.isExperiment(path)
          ? of(RecordCopy.with(request, "run", path.resolve(RunDirectory.RUN_FILE).toString()))
          : resume(request, path);
    }
    if (!Files.isRegularFile(path)) {
      boolean isFile = request.run().matches("(?i).*(\\.(ya?ml|java)|/.*)");
      throw new InvalidSettings(isFile ? path + " does not exist." : unknown(request.run()));
    }
    String name = path.getFileName().toString();
    if (name.matches(".*\\.(java|class|jar)")) {
      throw new InvalidSettings(
          "%s contains code and is not a run file. Select its class in a run file or with --set,"
              + " as in: counterpoint train EXPERIMENT --classpath %s --set model.type=%s",
          path, path, name.replaceFirst("\\.[a-z]+$", ""));
    }
    Path file = path.toRealPath();
    Path named = path.toAbsolutePath().resolveSibling("").toRealPath().resolve(name);
    @Nullable RunDirectory within = // The file, or what it links to, belongs to a run.
        Stream.of(named, file)
            .filter(it -> it.endsWith(RunDirectory.RUN_FILE))
            .map(it -> new RunDirectory(it.resolveSibling("")))
            .filter(RunDirectory::hasFilesOfRun)
            .findFirst()
            .orElse(null);
    List<Path> folders = List.of(file.resolveSibling(""), Path.of(""));
    return start(
        request,
        Utf8File.read(path),
        name,
        within == null ? folders : within.baseFolders(),
        within);
  }

  /**
   * Reads an existing run directory.
   *
   * @throws InvalidSettings if the directory is not a run directory, or its run file is invalid
   */
  public static Run existing(
      Path directory, List<String> sets, List<Path> classpath, TrustedCode trust)
      throws IOException {
    FileAccess.requireAccess(directory);
    RunDirectory run = new RunDirectory(directory);
    if (!RunDirectory.isRun(directory)) {
      throw new InvalidSettings(
          directory
              + " is not a run directory: "
              + (Files.exists(directory) ? "it does not contain run.yaml." : "it does not exist."));
    }
    FolderEntries.requireFiles(directory, Integer.MAX_VALUE);
    SettingsTree tree = SettingsTree.load("run.yaml", Utf8File.read(run.runFile()), sets);
    FileFinder files = new FileFinder(run.baseFolders(), new BuiltInData(CacheFolder.path()));
    SourcePath code = code(tree, files, run, new OwnCode(sets, classpath, trust));
    Binder binder = new Binder(Catalogs.all(), code, files);
    List<String> notes = new ArrayList<>();
    RunFile file = binder.bind(tree, RunFile.class, notes::add);
    Run existing = new Run(file, run, true, binder, code, trust, files, notes, tree);
    trust.requireQueries(existing.queries());
    return existing;
  }

  /**
   * The settings of the data queries as JSON, so that different queries have different texts; empty
   * if there are no queries.
   */
  public String queries() {
    return json(settings(QUERY));
  }

  /**
   * The settings of the callbacks that send results to a server, like {@link #queries}; empty in a
   * repetition.
   */
  public String servers() {
    Map<String, String> servers = new TreeMap<>();
    for (int i = 0; i < file.callbacks().size() && !isRepetition(); i++) {
      if (file.callbacks().get(i) instanceof ReportsToServer) {
        servers.putAll(settings("callbacks\\." + i + "\\..*"));
      }
    }
    return json(servers);
  }

  /** Requires the servers of a run directory, but not of the command line, to be trusted. */
  private static void requireServers(Run run, Request request) {
    if (request.sets().stream().noneMatch(set -> set.startsWith("callbacks="))) {
      run.trust().requireQueries(run.servers());
    }
  }

  /** Whether this process trains for a command such as {@code reproduce} or {@code plan}. */
  public static boolean isRepetition() {
    return System.getenv(REPETITION) != null;
  }

  /** The queries of the data, one list item each, which may have several lines. */
  private List<String> queryLines() {
    return settings(QUERY).entrySet().stream()
        .map(it -> it.getKey() + ": " + it.getValue())
        .toList();
  }

  private Map<String, String> settings(String keys) {
    Map<String, String> settings = new TreeMap<>(settings());
    settings.keySet().removeIf(it -> !it.matches(keys));
    return settings;
  }

  private static String json(Map<String, String> settings) {
    return settings.isEmpty() ? "" : Json.MAPPER.valueToTree(settings).toString();
  }

  /** The queries and the code that a training of this run uses, as lines to print. */
  public List<String> codeLines() {
    List<String> lines = new ArrayList<>(queryLines());
    code.hashes().forEach((entry, hash) -> lines.add("code: SHA-256 " + hash + ", " + entry));
    if (!queryLines().isEmpty()) {
      lines.add("NOT verified: whether the queries still return the rows that were trained with");
    }
    return lines;
  }

  /**
   * The folder with the tokenizer of the pretrained model, used unless the data settings name a
   * tokenizer, or of the trained model; null if the run does not start from a model.
   */
  public @Nullable Path tokenizer() {
    if (file.model() instanceof TrainedConfig trained) {
      return ModelFolder.within(files.apply(trained.from()));
    }
    Path origin = origin();
    if (!(file.model() instanceof PretrainedConfig config) || config.from() == null) {
      return null;
    }
    Lora lora = config.lora();
    Path adapter = lora == null || lora.from() == null ? null : files.apply(lora.from());
    return Stream.of(adapter, origin, directory.model())
        .filter(folder -> folder != null && TokenizerFolder.isIn(folder))
        .findFirst()
        .orElse(origin);
  }

  /**
   * The folder of the pretrained model from which the run starts; null if there is none, or if the
   * run is resumed and the folder no longer exists.
   */
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

  /** The folder or hub name of the model from which the run started. */
  public Optional<String> startingWeights() {
    return Optional.ofNullable(
        file.model() instanceof TrainedConfig trained
            ? trained.from()
            : file.model() instanceof PretrainedConfig config ? config.from() : null);
  }

  private static Run resume(Request request, Path directory) throws IOException {
    if (request.output() != null) {
      throw new InvalidSettings(
          "--output cannot be combined with a run directory: the run in "
              + directory
              + " is resumed in place.");
    }
    for (String set : request.sets()) {
      String key = set.split("=", 2)[0];
      if (!mayChange(key)) {
        throw new InvalidSettings(
            "--set " + key + " cannot change an existing run. " + changeableSettings());
      }
    }
    Run run = existing(directory, request.sets(), request.classpath(), request.trust());
    requireServers(run, request);
    if (Files.exists(run.directory().summary()) && run.directory().newestStep().isEmpty()) {
      throw new InvalidSettings(
          "The run in %s has finished and its checkpoints were deleted, so it cannot be"
              + " resumed. Start a new run in another directory.",
          directory);
    }
    return run;
  }

  /** The run file and the code of a run as a checkpoint records them: runFile and code. */
  public static JsonNode recordedBy(Checkpoint checkpoint) {
    return checkpoint
        .state()
        .path("callbacks")
        .valueStream()
        .filter(state -> state.has(ResumeCompatibility.KEY))
        .findFirst()
        .orElseGet(MissingNode::getInstance);
  }

  /** The run with other settings, which the same code can bind, in another directory. */
  public Run with(RunFile settings, RunDirectory place) {
    return RecordCopy.with(this, Map.of("file", settings, "directory", place));
  }

  /**
   * The keys of the settings that differ from the defaults of their classes; empty without classes
   * of the user, when {@link ChangedSettings#of} finds them later.
   */
  public Set<String> changedSettings() {
    return file.classpath().isEmpty()
        ? Set.of()
        : ChangedSettings.of(binder.toTree(file), binderOfOther()).keySet();
  }

  /** A separate binder for another run file, so that their references are not mixed. */
  Binder binderOfOther() {
    return new Binder(Catalogs.all(), code, files);
  }

  /** The settings that must not change, but differ from those of an earlier run file. */
  public List<Problem> changedSince(String original) {
    return ResumeCompatibility.problems(this, original, change -> {});
  }

  /**
   * The run file with the settings of another part of the run that may change on resume, and on
   * which its steps depend.
   *
   * @param part the run file of the part
   * @throws RunFailed if it differs in other settings
   */
  public ObjectNode withSettingsOf(String part) {
    RunFailed.ifAny(changedSince(part).stream().map(problem -> "run.yaml: " + problem).toList());
    SettingsTree tree = SettingsTree.load("the run file of a part of the run", part, List.of());
    Binder own = binderOfOther();
    JsonNode then = own.toTree(own.bind(tree, RunFile.class));
    ObjectNode settings = binder.toTree(file);
    for (String key : OF_PART) {
      int dot = key.lastIndexOf('.');
      String parent = dot < 0 ? "" : "/" + key.substring(0, dot);
      JsonNode value = then.at("/" + key.replace('.', '/'));
      if (settings.at(parent) instanceof ObjectNode object) {
        object.remove(key.substring(dot + 1));
        if (!value.isMissingNode()) {
          object.set(key.substring(dot + 1), value);
        }
      }
    }
    return settings;
  }

  /**
   * The existing files and folders that the settings of data, model and loss name, by their keys.
   * The path of a reference is masked when it is printed.
   */
  public Map<String, Path> namedFiles() {
    Map<String, Path> named = new TreeMap<>();
    FlatSettings.of(binder.resolvedTree(file))
        .forEach(
            (key, value) -> {
              if (key.matches("(data|model|loss)\\..*(?<!\\.sql\\.(url|query))")
                  && (key.matches(".*\\.(path|from|images|labels)")
                      || value.matches(".*\\w[./:]\\w.*"))) {
                try {
                  name(key, files.apply(value), named);
                } catch (UncheckedIOException e) {
                  // A model that is no longer in the cache of the hub.
                }
              }
            });
    named.values().removeIf(file -> !Files.exists(file));
    return named;
  }

  /** Adds a file or folder, and for data the tables in a folder or pattern. */
  private static void name(String key, Path path, Map<String, Path> named) {
    named.put(key, path);
    try {
      for (Path part :
          key.matches("data\\..*\\.path") ? TableSource.expand(path) : List.<Path>of()) {
        named.putIfAbsent(part.equals(path) ? key : key + "/" + part.getFileName(), part);
      }
    } catch (IOException | InvalidSettings e) {
      // It has no tables.
    }
  }

  /** All settings of the run file as scalar values by dotted path. */
  public Map<String, String> settings() {
    return FlatSettings.of(binder.toTree(file));
  }

  /**
   * Whether the processes of a run may have different values for a key, because it is a device or a
   * path on their machine. The files themselves are compared by other means.
   */
  public static boolean isMachineSpecific(String key) {
    return key.equals("device") || key.startsWith("classpath") || isDataPlace(key);
  }

  /** Whether a key is a path of data, or a query or its database. */
  private static boolean isDataPlace(String key) {
    return key.matches("data\\..*\\.(path|sql\\..*)");
  }

  /** Whether a key may change on resume. Data paths may, as data is compared by fingerprint. */
  static boolean mayChange(String key) {
    return CHANGEABLE.stream()
            .anyMatch(changeable -> key.equals(changeable) || key.startsWith(changeable + "."))
        || isDataPlace(key);
  }

  /** A sentence that lists the settings that may change on resume. */
  static String changeableSettings() {
    return "Only these settings may change: "
        + String.join(", ", CHANGEABLE)
        + ", and data paths. To change other settings, start a new run.";
  }

  /**
   * Reads a run file for a new run.
   *
   * @param origin the run directory that the file belongs to; null for a file of the user
   */
  private static Run start(
      Request request, String text, String name, List<Path> folders, @Nullable RunDirectory origin)
      throws IOException {
    SettingsTree tree = SettingsTree.load(name, text, request.sets());
    FileFinder files = new FileFinder(folders, new BuiltInData(CacheFolder.path()));
    OwnCode own = new OwnCode(request.sets(), request.classpath(), request.trust());
    SourcePath code = code(tree, files, origin, own);
    Binder binder = new Binder(Catalogs.all(), code, files);
    List<String> notes = new ArrayList<>();
    RunFile file =
        binder.bind(tree, RunFile.class, notes::add).locatedBy(files, request.classpath(), binder);
    Path output = request.output();
    RunDirectory directory =
        request.joins() && output != null
            ? new RunDirectory(output)
            : RunDirectory.forNew(output, file.name());
    Run run =
        new Run(
            file.within(directory.path()),
            directory,
            request.joins() && RunDirectory.isRun(directory.path()),
            binder,
            code,
            request.trust(),
            files,
            notes,
            tree);
    if (origin != null) {
      request.trust().requireQueries(run.queries());
      requireServers(run, request);
    }
    return run;
  }

  /** The code that the command line names, and which other code may run. */
  private record OwnCode(List<String> sets, List<Path> classpath, TrustedCode trust) {
    boolean replacesRunFile() {
      return sets.stream().anyMatch(set -> set.split("=", 2)[0].strip().equals("classpath"));
    }
  }

  /**
   * Opens the code of a run file.
   *
   * @param origin the run directory that the file belongs to; null for a file of the user
   */
  private static SourcePath code(
      SettingsTree tree, FileFinder files, @Nullable RunDirectory origin, OwnCode own) {
    List<Path> entries = tree.strings("classpath").stream().map(files).toList();
    if (origin != null && !own.replacesRunFile()) {
      RunCode code = new RunCode(origin.path(), entries.stream().map(Path::toString).toList());
      code.missing().ifPresent(missing -> rejectMissing(tree, missing));
      return code.open(own.classpath(), own.trust());
    }
    entries.stream()
        .filter(entry -> !Files.exists(entry))
        .findFirst()
        .ifPresent(missing -> rejectMissing(tree, missing));
    return SourcePath.open(
        Stream.concat(entries.stream(), own.classpath().stream()).distinct().toList());
  }

  private static void rejectMissing(SettingsTree tree, Path missing) {
    FileAccess.requireAccess(missing);
    throw tree.locate(
        List.of(
            new Problem(
                "classpath",
                missing + " does not exist; give its new path with --set \"classpath=[PATH]\"")));
  }

  private static String unknown(String run) {
    List<String> candidates = new ArrayList<>(Experiments.names());
    try (Stream<Path> files = Files.list(Path.of(""))) {
      files.map(Path::toString).filter(file -> file.endsWith(".yaml")).forEach(candidates::add);
    } catch (IOException e) {
      // Only the names of experiments are suggested.
    }
    return "\"%s\" is not a built-in experiment, a run file or a run directory%s Built-in: %s"
        .formatted(
            run, Nearest.suggestion(run, candidates), String.join(", ", Experiments.names()));
  }
}
