package dev.counterpoint.runner.rundir;

import ai.djl.engine.Engine;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.counterpoint.core.kernel.Precision;
import dev.counterpoint.core.kernel.Torch;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Provenance of a run: command, data fingerprint, code, versions and machine. */
public final class Provenance {
  private Provenance() {}

  /**
   * The provenance of a run that starts now.
   *
   * @param baseFolders the folders that relative paths in the run file are resolved against
   * @param fingerprint the fingerprint of the data
   * @param code a hash of each user-defined class path entry by file name
   */
  public static ObjectNode of(
      List<String> command, List<Path> baseFolders, String fingerprint, Map<String, String> code) {
    ObjectNode json = new JsonMapper().createObjectNode();
    json.put("started", now());
    command.forEach(json.putArray("command")::add);
    ArrayNode folders = json.putArray("baseFolders");
    baseFolders.forEach(folder -> folders.add(folder.toString()));
    json.put("dataFingerprint", fingerprint);
    versions(json);
    code.forEach(json.putObject("code")::put);
    machine(json);
    return json;
  }

  /** Adds an entry to a run's provenance: the run is resumed now, after a step. */
  static ObjectNode resuming(
      ObjectNode record, long step, List<String> command, Map<String, String> code) {
    ObjectNode json = record.withArray("goneOn").addObject();
    json.put("at", now()).put("afterStep", step);
    command.forEach(json.putArray("command")::add);
    versions(json);
    code.forEach(json.putObject("code")::put);
    machine(json);
    return record;
  }

  private static String now() {
    return Instant.now().truncatedTo(ChronoUnit.SECONDS).toString();
  }

  private static void versions(ObjectNode json) {
    json.putObject("versions")
        .put("counterpoint", version())
        .put("engine", "PyTorch " + Torch.engine().getVersion())
        .put("djl", Engine.getDjlVersion())
        .put("java", System.getProperty("java.vm.name") + " " + Runtime.version());
  }

  private static void machine(ObjectNode json) {
    json.putObject("machine")
        .put("system", System.getProperty("os.name") + " " + System.getProperty("os.version"))
        .put("architecture", System.getProperty("os.arch"))
        .put("processors", Runtime.getRuntime().availableProcessors())
        .put("heapBytes", Runtime.getRuntime().maxMemory())
        .put(
            "bfloat16MatmulIn",
            Precision.BFLOAT16.matmulPrecision().name().toLowerCase(Locale.ROOT));
  }

  private static String version() {
    String version = Provenance.class.getPackage().getImplementationVersion();
    return version == null ? "unpackaged" : version;
  }
}
