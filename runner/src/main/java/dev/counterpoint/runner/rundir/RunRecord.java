package dev.counterpoint.runner.rundir;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.counterpoint.core.internal.storage.AtomicFile;
import dev.counterpoint.core.internal.storage.Json;
import dev.counterpoint.core.settings.Formats;
import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.inference.internal.code.TrustedCode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * The recorded facts of a run: provenance, summary and the last rows of its metrics. The directory
 * may come from anyone: only plain JSON files of limited size are read, and no code of the run is
 * loaded.
 *
 * @param provenance {@code provenance.json}
 * @param summary {@code summary.json}; empty before the first end of the run
 * @param lastStep the last row of {@code metrics.jsonl}, which is read for a run without a result;
 *     missing if there is none
 * @param lastValidation the last validation near the end of {@code metrics.jsonl}, likewise
 */
public record RunRecord(
    RunDirectory directory,
    State state,
    ObjectNode provenance,
    ObjectNode summary,
    JsonNode lastStep,
    JsonNode lastValidation) {
  private static final int MAX_BYTES = 16 << 20; // of a JSON file
  private static final int TAIL = 64 << 10; // bytes of the end of metrics.jsonl

  /** The state of a run. */
  public enum State {
    /** A process holds the lock of the run directory. */
    RUNNING,
    FINISHED,
    /** The run was stopped before its last step, and was saved. */
    STOPPED,
    /** The run ended with an error. */
    FAILED,
    /** The process was killed: its end is not recorded. */
    CRASHED;

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /**
   * Reads the record of a run.
   *
   * @throws InvalidSettings if the folder is not a run directory, or a file is not plain, too large
   *     or not JSON
   */
  public static RunRecord read(Path folder) throws IOException {
    RunDirectory run = new RunDirectory(folder);
    ObjectNode provenance = json(run.provenance());
    if (!RunDirectory.isRun(folder) || provenance.isEmpty()) {
      throw new InvalidSettings(
          "%s is not a run directory: it does not contain %s and provenance.json.",
          folder, RunDirectory.RUN_FILE);
    }
    ObjectNode summary = json(run.summary());
    State state = state(run, provenance, summary);
    JsonNode lastStep = Json.MAPPER.missingNode();
    JsonNode lastValidation = lastStep;
    for (String line : hasResult(state) ? new String[0] : tail(run.metrics()).split("\n", -1)) {
      JsonNode row = row(line);
      lastStep = row.has("step") ? row : lastStep;
      lastValidation = row.path("split").asText().equals("validation") ? row : lastValidation;
    }
    return new RunRecord(run, state, provenance, summary, lastStep, lastValidation);
  }

  /** Reads a JSON object that may come from anyone; an empty object if the file does not exist. */
  private static ObjectNode json(Path file) throws IOException {
    if (Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
      requirePlain(file);
    }
    return AtomicFile.readJson(file);
  }

  private static void requirePlain(Path file) throws IOException {
    if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS) || Files.size(file) > MAX_BYTES) {
      throw new InvalidSettings("%s is not a plain file of at most %s MB.", file, MAX_BYTES >> 20);
    }
  }

  /** The complete lines at the end of a file; empty if there is no such plain file. */
  private static String tail(Path file) throws IOException {
    if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
      return "";
    }
    try (SeekableByteChannel channel = Files.newByteChannel(file)) {
      long start = Math.max(0, channel.size() - TAIL);
      ByteBuffer bytes = ByteBuffer.allocate(TAIL);
      channel.position(start);
      while (bytes.hasRemaining() && channel.read(bytes) >= 0) {
        // reads up to the end
      }
      return new String(bytes.array(), 0, bytes.position(), StandardCharsets.UTF_8);
    }
  }

  private static JsonNode row(String line) {
    try {
      return Json.MAPPER.readTree(line);
    } catch (JsonProcessingException e) {
      return Json.MAPPER.missingNode(); // a part of a row
    }
  }

  private static State state(RunDirectory run, ObjectNode provenance, ObjectNode summary)
      throws IOException {
    ObjectNode last = last(provenance);
    String exit = last.path("exit").asText();
    if (exit.isEmpty() && RunLock.isHeld(run)) {
      return State.RUNNING;
    }
    boolean isOfEarlierVersion = // it recorded no exit
        exit.isEmpty() && !last.has("settings") && summary.has("steps");
    if (isOfEarlierVersion) {
      return summary.has("stopReason") ? State.STOPPED : State.FINISHED;
    }
    return exit.equals("completed")
        ? State.FINISHED
        : exit.startsWith("stopped")
            ? State.STOPPED
            : exit.startsWith("failed") ? State.FAILED : State.CRASHED;
  }

  private static ObjectNode last(ObjectNode provenance) {
    List<ObjectNode> processes = Provenance.processes(provenance);
    return processes.get(processes.size() - 1);
  }

  /** The entry of the last process of the run. */
  public ObjectNode lastProcess() {
    return last(provenance);
  }

  /** The settings of the last process; empty for runs of version 0.1.0. */
  public ObjectNode settings() {
    return lastProcess().path("settings") instanceof ObjectNode settings
        ? settings
        : Json.MAPPER.createObjectNode();
  }

  /** The name in the run file; the name of the directory if it is not recorded. */
  public String name() {
    return settings().path("name").asText(label());
  }

  /** The name of the directory. */
  public String label() {
    return String.valueOf(directory.path().getFileName());
  }

  /** The time at which the run was started; empty if it is not recorded. */
  public Optional<Instant> started() {
    try {
      return Optional.of(Instant.parse(provenance.path("started").asText()));
    } catch (DateTimeParseException e) {
      return Optional.empty();
    }
  }

  /** Whether the run has a result: it has finished, or was stopped and saved. */
  public boolean hasResult() {
    return hasResult(state);
  }

  private static boolean hasResult(State state) {
    return state == State.FINISHED || state == State.STOPPED;
  }

  /** The message of {@link CrashMarker} about the last process, if it was killed in a step. */
  public Optional<String> crash() {
    return state == State.CRASHED ? CrashMarker.peek(directory) : Optional.empty();
  }

  /** The optimizer steps done, as far as they are recorded. */
  public long steps() {
    return hasResult() ? summary.path("steps").asLong() : lastStep.path("step").asLong();
  }

  /**
   * The metrics of the result, or of the last validation of a run without a result. If there is no
   * validation, the training loss.
   */
  public Map<String, Double> results() {
    JsonNode values = hasResult() ? summary.path("validation") : lastValidation;
    Map<String, Double> results = new LinkedHashMap<>(Json.numbers(values));
    results.keySet().removeIf(it -> it.equals("split") || it.equals("step") || it.equals("epoch"));
    JsonNode loss = hasResult() ? summary.path("trainLoss") : lastStep.path("loss");
    if (results.isEmpty() && loss.isNumber()) {
      results.put("trainLoss", loss.asDouble());
    }
    return results;
  }

  /** The given metrics of {@link #results}, formatted. */
  public List<String> formatted(List<String> metrics) {
    Map<String, Double> results = results();
    return metrics.stream()
        .map(metric -> Formats.number(results.getOrDefault(metric, Double.NaN)))
        .toList();
  }

  /**
   * The user-defined code of the run, and whether the original and the copy are those with which it
   * was trained: a line each. The code is read, but neither compiled nor loaded.
   */
  public List<String> codeLines() {
    List<String> classpath =
        settings().path("classpath").valueStream().map(JsonNode::asText).toList();
    List<String> lines = new ArrayList<>();
    lastProcess()
        .path(RunCode.FOLDER)
        .properties()
        .forEach(
            it -> lines.add("code: %s, hash %s".formatted(it.getKey(), it.getValue().asText())));
    try {
      RunCode code = new RunCode(directory.path(), classpath);
      TrustedCode.requirePlain(code.entries());
      TrustedCode.requirePlain(classpath.stream().map(directory.path()::resolve).toList());
      lines.addAll(code.changes());
      code.hashes()
          .forEach(
              (name, hash) -> {
                if (!lastProcess().path(RunCode.FOLDER).path(name).asText().contains(hash)) {
                  lines.add(name + " in the run directory has changed since the run was trained.");
                }
              });
    } catch (IOException | UncheckedIOException | IllegalArgumentException e) {
      lines.add("The code cannot be compared with that of the training: " + e.getMessage());
    }
    return lines;
  }

  /** The record as a JSON object with the main facts. */
  public ObjectNode toJson() {
    ObjectNode json = Json.MAPPER.createObjectNode();
    json.put("directory", directory.path().toString()).put("name", name());
    json.put("state", state.toString());
    json.set("started", provenance.path("started"));
    json.set("ended", lastProcess().path("ended"));
    json.set("exit", lastProcess().path("exit"));
    json.set("seed", settings().path("seed"));
    json.put("steps", steps());
    Json.putAll(results(), json.putObject("results"));
    json.properties().removeIf(it -> it.getValue().isMissingNode());
    if (hasResult()) {
      summary
          .deepCopy()
          .without("validation")
          .properties()
          .forEach(it -> json.putIfAbsent(it.getKey(), it.getValue()));
    }
    return json;
  }
}
