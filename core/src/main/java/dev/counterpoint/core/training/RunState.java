package dev.counterpoint.core.training;

import ai.djl.ndarray.NDArray;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.counterpoint.core.callback.Callback;
import dev.counterpoint.core.checkpoint.Checkpoint;
import dev.counterpoint.core.checkpoint.CheckpointStore;
import dev.counterpoint.core.checkpoint.CheckpointWriter;
import dev.counterpoint.core.model.BaseModel;
import dev.counterpoint.core.settings.InvalidSettings;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/** All that a run needs to go on, and where it is kept; nothing is kept where there is no store. */
final class RunState implements AutoCloseable {
  private static final JsonMapper JSON = new JsonMapper();
  private static final long NEVER = -1;

  private final BaseModel model;
  private final Map<String, NDArray> remembered;
  private final Progress progress;
  private final Tally tally;
  private final RunOptions options;
  private final String fingerprint;
  private final @Nullable CheckpointWriter writer;
  private long savedStep = NEVER;
  private long savedAt = System.nanoTime();

  RunState(
      Learner learner, Progress progress, Tally tally, RunOptions options, String fingerprint) {
    this.model = learner.model();
    this.remembered = learner.memory();
    this.progress = progress;
    this.tally = tally;
    this.options = options;
    this.fingerprint = fingerprint;
    CheckpointStore store = options.checkpoints();
    writer =
        store == null
            ? null
            : new CheckpointWriter(store, options.policy().background(), this::sync);
  }

  /** No checkpoint before what belongs to its steps: a run that goes on would have a gap there. */
  private void sync() throws IOException {
    for (Callback callback : options.callbacks()) {
      if (callback instanceof Callback.Writing writing) {
        writing.sync();
      }
    }
  }

  /**
   * Goes back to the newest whole checkpoint, if there is one.
   *
   * @return the checkpoints that were passed over, and why
   * @throws InvalidSettings where it was made from other data, another seed or another model
   */
  List<String> restore() {
    CheckpointStore store = options.checkpoints();
    if (store == null) {
      return List.of();
    }
    try {
      store.prepare(model.parameters());
      CheckpointStore.Found newest = store.newest();
      if (newest.checkpoint().isPresent()) {
        restore(newest.checkpoint().get());
      }
      return newest.passedOver();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void restore(Checkpoint checkpoint) throws IOException {
    ObjectNode state = checkpoint.state();
    for (Map.Entry<String, Callback.Remembering> entry : remembering().entrySet()) {
      JsonNode memory = state.path("callbacks").path(entry.getKey());
      if (memory.isObject()) {
        entry.getValue().remember(map(memory));
      }
    }
    requireSameData(state.path("dataFingerprint").asText());
    requireSame("seed", state.path("seed").asText(), Long.toString(options.seed()));
    checkpoint.load(model.parameters(), remembered);
    progress.restoreFrom(state.path("progress"));
    tally.restoreFrom(state.path("tally"));
    savedStep = progress.step();
  }

  private void requireSameData(String saved) {
    Fingerprint before = Fingerprint.parse(saved);
    Fingerprint now = Fingerprint.parse(fingerprint);
    List<String> changed = now.changedSince(before);
    if (before.items().equals(now.items()) || changed.isEmpty()) {
      requireSame("data", before.items(), now.items());
    } else {
      throw new InvalidSettings(
          "The run cannot go on: the data has changed since its checkpoint was made, in "
              + String.join(", ", changed)
              + ". Put back what was there, or start a new run in another directory.");
    }
  }

  private static void requireSame(String what, String saved, String now) {
    if (!saved.equals(now)) {
      throw new InvalidSettings(
          "The run cannot go on: its checkpoint was made with another "
              + what
              + " ("
              + saved
              + "; now "
              + now
              + "). Start a new run in another directory.");
    }
  }

  /** Saves where the policy asks for it after this step. */
  void saveIfDue() {
    if (writer != null) {
      tell(writer, CheckpointWriter::saved);
      Duration sinceLast = Duration.ofNanos(System.nanoTime() - savedAt);
      if (options.policy().due(progress.step(), sinceLast)) {
        save();
      }
    }
  }

  /** Saves now; it may come onto the disk while the training goes on. */
  void save() {
    if (writer == null) {
      return;
    }
    tell(writer, CheckpointWriter::finish);
    try {
      writer.save(progress.step(), model.parameters(), remembered, state());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    savedStep = progress.step();
    savedAt = System.nanoTime();
    if (!options.policy().background()) {
      tell(writer, CheckpointWriter::finish);
    }
  }

  /** Saves, unless nothing has happened since the last save, and waits until it is on the disk. */
  void finish() {
    if (savedStep != progress.step()) {
      save();
    }
    if (writer != null) {
      tell(writer, CheckpointWriter::finish);
    }
  }

  /** Something that a writer knows of what it has saved. */
  @FunctionalInterface
  private interface Asking {
    OptionalLong of(CheckpointWriter writer) throws IOException;
  }

  /** Tells the callbacks of a checkpoint that is on the disk now. */
  private void tell(CheckpointWriter writer, Asking asking) {
    try {
      asking.of(writer).ifPresent(step -> options.callbacks().forEach(it -> it.onCheckpoint(step)));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Waits for what is being written. */
  @Override
  public void close() {
    if (writer != null) {
      writer.close();
    }
  }

  private ObjectNode state() {
    ObjectNode state = JSON.createObjectNode();
    state.put("seed", options.seed());
    state.put("dataFingerprint", fingerprint);
    progress.saveTo(state.putObject("progress"));
    tally.saveTo(state.putObject("tally"));
    ObjectNode callbacks = state.putObject("callbacks");
    remembering()
        .forEach((name, callback) -> callbacks.set(name, JSON.valueToTree(callback.memory())));
    return state;
  }

  /** By class, numbered where several are of one class. */
  private Map<String, Callback.Remembering> remembering() {
    Map<String, Callback.Remembering> named = new LinkedHashMap<>();
    List<Callback> callbacks = options.callbacks();
    for (Callback callback : callbacks) {
      if (callback instanceof Callback.Remembering remembering) {
        String name = callback.getClass().getName();
        String key = name;
        for (int i = 2; named.containsKey(key); i++) {
          key = name + " " + i;
        }
        named.put(key, remembering);
      }
    }
    return named;
  }

  private static Map<String, Object> map(JsonNode node) {
    return JSON.convertValue(node, new TypeReference<Map<String, Object>>() {});
  }
}
