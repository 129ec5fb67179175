package dev.counterpoint.runner.rundir;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.counterpoint.core.internal.storage.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Writes the files of a finished run without training it. */
public final class RecordedRun {
  private RecordedRun() {}

  /** Writes a run with a seed and a learning rate, and with the accuracy of its result. */
  public static Path write(Path run, long seed, double learningRate, double accuracy)
      throws IOException {
    Files.createDirectories(run);
    Files.writeString(run.resolve("run.yaml"), "name: small\n");
    ObjectNode provenance = Json.MAPPER.createObjectNode().put("started", "2026-11-30T10:00:00Z");
    provenance.putArray("baseFolders");
    provenance.put("dataFingerprint", "1f3a train:77ac validation:09d1");
    provenance.putObject("versions").put("counterpoint", "0.2.0");
    ObjectNode settings = provenance.putObject("settings").put("name", "small").put("seed", seed);
    settings.putObject("training").putObject("optimizer").put("learningRate", learningRate);
    provenance.put("ended", "2026-11-30T10:01:00Z").put("exit", "completed");
    Files.writeString(run.resolve("provenance.json"), provenance.toString());
    ObjectNode summary = Json.MAPPER.createObjectNode().put("steps", 20).put("seconds", 61.5);
    summary.putObject("validation").put("loss", 1 - accuracy).put("accuracy", accuracy);
    Files.writeString(run.resolve("summary.json"), summary.toString());
    Files.writeString(
        run.resolve("metrics.jsonl"),
        """
        {"split":"train","step":10,"epoch":1,"loss":0.8}
        {"split":"validation","step":10,"epoch":1,"loss":0.7,"accuracy":0.6}
        {"split":"train","step":20,"epoch":2,"loss":0.5}
        """);
    return run;
  }
}
