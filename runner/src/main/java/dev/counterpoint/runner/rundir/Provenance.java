package dev.counterpoint.runner.rundir;

import ai.djl.engine.Engine;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;

/** Where a run comes from: versions, machine, data, command. */
public final class Provenance {
  private Provenance() {}

  /** The record of a run that starts now. */
  public static ObjectNode of(List<String> command, List<Path> baseFolders, String fingerprint) {
    ObjectNode json = new JsonMapper().createObjectNode();
    json.put("started", Instant.now().truncatedTo(ChronoUnit.SECONDS).toString());
    strings(json.putArray("command"), command);
    strings(json.putArray("baseFolders"), baseFolders.stream().map(Path::toString).toList());
    json.put("dataFingerprint", fingerprint);
    json.putObject("versions")
        .put("counterpoint", version())
        .put("engine", "PyTorch " + Engine.getEngine("PyTorch").getVersion())
        .put("djl", Engine.getDjlVersion())
        .put("java", System.getProperty("java.vm.name") + " " + Runtime.version());
    json.putObject("machine")
        .put("system", System.getProperty("os.name") + " " + System.getProperty("os.version"))
        .put("architecture", System.getProperty("os.arch"))
        .put("processors", Runtime.getRuntime().availableProcessors())
        .put("heapBytes", Runtime.getRuntime().maxMemory());
    return json;
  }

  private static String version() {
    String version = Provenance.class.getPackage().getImplementationVersion();
    return version == null ? "unpackaged" : version;
  }

  private static void strings(ArrayNode array, List<String> values) {
    values.forEach(array::add);
  }
}
