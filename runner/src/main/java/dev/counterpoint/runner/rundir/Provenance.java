package dev.counterpoint.runner.rundir;

import ai.djl.engine.Engine;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.counterpoint.core.internal.storage.AtomicFile;
import dev.counterpoint.core.internal.storage.Json;
import dev.counterpoint.core.kernel.Precision;
import dev.counterpoint.core.kernel.Processor;
import dev.counterpoint.core.kernel.Torch;
import dev.counterpoint.core.settings.Excerpt;
import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.core.settings.Secrets;
import dev.counterpoint.runner.machine.GitCommit;
import dev.counterpoint.runner.machine.Program;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Provenance of one process of a run, which starts or resumes it: command, settings, data, code,
 * versions and machine.
 *
 * @param command the command line
 * @param settings the run file
 * @param changedSettings the keys of the settings that differ from their defaults; empty if they
 *     are not recorded
 * @param files the data and model files that the run file names, by their keys in it
 * @param code the user-defined code
 * @param device the name of the device
 * @param processes the number of processes of the run
 */
public record Provenance(
    List<String> command,
    ObjectNode settings,
    Set<String> changedSettings,
    Map<String, Path> files,
    RunCode code,
    String device,
    int processes) {
  /** The facts on which the bits of a result depend besides settings, data and code. */
  private static final Pattern BITS =
      Pattern.compile(
          "versions\\.engine|machine\\.(architecture|cpu|instructionSets|threads|device|processes"
              + "|bfloat16MatmulIn|kernelVariables\\..*)");

  private static final Pattern COMPARED =
      Pattern.compile(BITS + "|(settings|versions|jars|code|files)\\..*");
  private static final Pattern NOT_COMPARED =
      Pattern.compile(
          ".*\\.file|settings\\.(training\\.maxTime|device|threads|classpath|data\\..*\\.(path|sql)).*");
  private static final String RESUMES = "resumes";

  /** The key of {@link #changedSettings} in the record. */
  public static final String CHANGED_SETTINGS = "changedSettings";

  /** The key that version 0.1.0 used for {@code resumes}. */
  private static final String FORMER_RESUMES = "goneOn";

  public Provenance {
    command = List.copyOf(command);
    files = Map.copyOf(files);
  }

  /**
   * Writes the provenance of a run that starts now.
   *
   * @param baseFolders the folders that relative paths in the run file are resolved against
   * @param fingerprint the fingerprint of the data
   */
  public void start(RunDirectory run, List<Path> baseFolders, String fingerprint)
      throws IOException {
    ObjectNode json = Json.MAPPER.createObjectNode();
    json.put("started", now());
    baseFolders.stream().map(Path::toString).forEach(json.putArray("baseFolders")::add);
    json.put("dataFingerprint", fingerprint);
    AtomicFile.writeJson(run.provenance(), json.setAll(json()));
  }

  /** Adds an entry to a run's provenance: the run is resumed now, after a step. */
  void resume(RunDirectory run, long step) throws IOException {
    ObjectNode record = AtomicFile.readJson(run.provenance());
    if (record.has(FORMER_RESUMES)) {
      record.set(RESUMES, record.remove(FORMER_RESUMES));
    }
    ArrayNode resumes =
        record.get(RESUMES) instanceof ArrayNode all ? all : record.putArray(RESUMES);
    resumes.addObject().put("at", now()).put("afterStep", step).setAll(json());
    AtomicFile.writeJson(run.provenance(), record);
  }

  /** Records that the last process of a run ends now, and why. */
  public static void end(RunDirectory run, String reason) throws IOException {
    ObjectNode record = AtomicFile.readJson(run.provenance());
    List<ObjectNode> processes = processes(record);
    processes
        .get(processes.size() - 1)
        .put("ended", now())
        .put("exit", Excerpt.of(Secrets.mask(reason)));
    AtomicFile.writeJson(run.provenance(), record);
  }

  /** The entry of each process of a run; the first one is the whole record. */
  public static List<ObjectNode> processes(ObjectNode record) {
    List<ObjectNode> processes = new ArrayList<>(List.of(record));
    for (String resumes : List.of(FORMER_RESUMES, RESUMES)) {
      for (JsonNode process : record.path(resumes)) {
        if (process instanceof ObjectNode resumed) {
          processes.add(resumed);
        }
      }
    }
    return processes;
  }

  /** The entry of the last process of a run. */
  public static ObjectNode lastProcess(RunDirectory run) throws IOException {
    List<ObjectNode> processes = processes(AtomicFile.readJson(run.provenance()));
    return processes.get(processes.size() - 1);
  }

  /**
   * The facts that differ from an earlier process so that the bits of the result can differ.
   *
   * @param unrecorded whether facts count that the earlier process has not recorded
   */
  public List<String> bitDifferences(ObjectNode before, boolean unrecorded) throws IOException {
    return differences(before, json(), key -> BITS.matcher(key).matches(), unrecorded);
  }

  /**
   * The SHA-256 of files.
   *
   * @param named the files by the keys of their settings
   */
  public static Map<String, String> hashes(Map<String, Path> named) throws IOException {
    Map<String, String> hashes = new TreeMap<>();
    for (Map.Entry<String, Path> file : named.entrySet()) {
      hashes.put(file.getKey(), FileHashes.sha256(file.getKey(), file.getValue()));
    }
    return hashes;
  }

  /**
   * Requires a file or a model folder to be unchanged since the run started.
   *
   * @param key the key of the setting that names it
   * @param path null if it does not exist
   * @throws InvalidSettings if its content has changed
   */
  public static void requireSame(RunDirectory run, String key, @Nullable Path path)
      throws IOException {
    String recorded =
        AtomicFile.readJson(run.provenance()).path("files").path(key).path("sha256").asText();
    if (path != null && !recorded.isEmpty() && !recorded.equals(FileHashes.sha256(key, path))) {
      throw new InvalidSettings(
          "%s: %s has changed since the run was trained. Restore it.", key, path);
    }
  }

  /**
   * All differences between the recorded provenance of two processes that can change the result.
   */
  public static List<String> differences(ObjectNode before, ObjectNode now) {
    return differences(
        before,
        now,
        key -> COMPARED.matcher(key).matches() && !NOT_COMPARED.matcher(key).matches(),
        false);
  }

  private static List<String> differences(
      ObjectNode before, ObjectNode now, Predicate<String> isCompared, boolean unrecorded) {
    Map<String, String> old = FlatSettings.of(before);
    Map<String, String> current = FlatSettings.of(now);
    Set<String> keys = new LinkedHashSet<>(current.keySet());
    keys.addAll(old.keySet());
    boolean recorded = before.path("machine").has("threads"); // not by earlier versions
    List<String> differences = new ArrayList<>();
    for (String key : keys) {
      String was = old.getOrDefault(key, recorded ? "absent" : "not recorded");
      String is = current.getOrDefault(key, "absent");
      if (isCompared.test(key)
          && !was.equals(is)
          && (recorded || unrecorded || old.containsKey(key))) {
        differences.add(key + " was " + Excerpt.of(was) + ", is now " + Excerpt.of(is));
      }
    }
    return differences;
  }

  private ObjectNode json() throws IOException {
    ObjectNode json = Json.MAPPER.createObjectNode();
    command.forEach(json.putArray("command")::add);
    json.put("user", System.getProperty("user.name")).put("host", host());
    versions(json.putObject("versions"));
    Program.jars().forEach(json.putObject("jars")::put);
    code.hashes().forEach(json.putObject("code")::put);
    ObjectNode commits = json.putObject("codeCommits");
    for (String entry : code.classpath()) {
      Path original = code.run().resolve(entry).normalize();
      if (!original.startsWith(code.run())) { // A run directory may have a .git of anyone.
        GitCommit.of(original).ifPresent(commit -> commits.put(entry, commit));
      }
    }
    machine(json.putObject("machine"));
    ObjectNode named = json.putObject("files");
    for (Map.Entry<String, Path> file : new TreeMap<>(files).entrySet()) {
      ObjectNode entry = named.putObject(file.getKey());
      entry.put("file", Secrets.mask(file.getValue().toString()));
      // Reading all images takes as long as an epoch; the fingerprint of the data has their bytes.
      if (!FileHashes.isData(file.getKey(), file.getValue())) {
        entry.put("sha256", FileHashes.sha256(file.getKey(), file.getValue()));
      }
    }
    json.set("settings", settings);
    if (!changedSettings.isEmpty()) {
      changedSettings.forEach(json.putArray(CHANGED_SETTINGS)::add);
    }
    return json;
  }

  private static String now() {
    return Instant.now().truncatedTo(ChronoUnit.SECONDS).toString();
  }

  /** The user and the host, such as {@code ann@build-7}. */
  public static String userAtHost() throws IOException {
    return System.getProperty("user.name") + "@" + host();
  }

  /** The host name of this machine, obtained without a network lookup. */
  private static String host() throws IOException {
    Path name = Path.of("/proc/sys/kernel/hostname");
    return Files.exists(name)
        ? Files.readString(name).strip()
        : System.getenv().getOrDefault("HOSTNAME", "unknown");
  }

  private static void versions(ObjectNode json) throws IOException {
    json.put("counterpoint", Program.version());
    Program.commit().ifPresent(commit -> json.put("commit", commit));
    json.put("engine", "PyTorch " + Torch.engine().getVersion())
        .put("djl", Engine.getDjlVersion())
        .put("java", System.getProperty("java.vm.name") + " " + Runtime.version())
        .put("javaVendor", System.getProperty("java.vendor"));
  }

  private void machine(ObjectNode json) {
    Processor processor = Processor.read();
    json.put("system", System.getProperty("os.name") + " " + System.getProperty("os.version"))
        .put("architecture", System.getProperty("os.arch"))
        .put("cpu", processor.model())
        .put("instructionSets", String.join(" ", processor.instructionSets()))
        .put("processors", Runtime.getRuntime().availableProcessors())
        .put("threads", Torch.threads())
        .put("device", device)
        .put("processes", processes)
        .put("heapBytes", Runtime.getRuntime().maxMemory())
        .put(
            "bfloat16MatmulIn",
            Precision.BFLOAT16.matmulPrecision().name().toLowerCase(Locale.ROOT));
    ObjectNode variables = json.putObject("kernelVariables");
    Processor.KERNEL_VARIABLES.stream()
        .filter(System.getenv()::containsKey)
        .forEach(name -> variables.put(name, System.getenv(name)));
  }
}
