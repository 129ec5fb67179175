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
import dev.counterpoint.core.parameter.Parameter;
import dev.counterpoint.core.settings.InvalidSettings;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/** All that a run needs to go on, and where it is kept; nothing is kept where there is no store. */
final class RunState implements AutoCloseable {
  private static final JsonMapper JSON = new JsonMapper();
  private static final long NEVER = -1;

  /** Of how many processes a checkpoint has what their optimizers remember. */
  private static final String MEMORIES = "memories";

  private static final String ORDER = "order";

  private final BaseModel model;
  private final OuterStep outer;
  private final RankMemory memory;
  private final Progress progress;
  private final Tally tally;
  private final RunOptions options;
  private final TrainingData data;
  private final StepGuard guard;
  private final Consensus consensus;

  /** Whether there is a store, which only the first process of a run writes to and reads from. */
  private final boolean kept;

  private final @Nullable CheckpointWriter writer;
  private boolean due;
  private long savedStep = NEVER;
  private long savedAt = System.nanoTime();

  RunState(
      Learner learner,
      Progress progress,
      Tally tally,
      RunOptions options,
      TrainingData data,
      StepGuard guard,
      Consensus consensus) {
    this.model = learner.model();
    this.outer = learner.outer();
    this.memory = learner.memory(consensus);
    this.progress = progress;
    this.tally = tally;
    this.options = options;
    this.data = data;
    this.guard = guard;
    this.consensus = consensus;
    CheckpointStore store = options.checkpoints();
    kept = consensus.broadcast(store != null);
    writer =
        store != null && consensus.leads()
            ? new CheckpointWriter(store, options.policy().background(), this::sync)
            : null;
  }

  /** No checkpoint before what belongs to its steps: a run that goes on would have a gap there. */
  private void sync() throws IOException {
    for (Callback callback : options.callbacks()) {
      if (callback instanceof Callback.Flushable writing) {
        writing.sync();
      }
    }
  }

  /**
   * Goes back to the newest whole checkpoint, if there is one: that which the first process of the
   * run finds, who gives it to the others.
   *
   * @return the checkpoints that were passed over, and why
   * @throws InvalidSettings where it was made from other data, another seed, other batches or
   *     another model, or where there were some and none is whole
   */
  List<String> restore() {
    if (!kept) {
      return List.of();
    }
    Found found = Found.of(consensus.broadcast(consensus.leads() ? read().text() : ""));
    if (found.refusal() != null) {
      throw new InvalidSettings(found.refusal());
    }
    if (found.state() != null) {
      consensus.broadcast(model.parameters().stream().map(Parameter::value).toList());
      memory.broadcast(memories(found.state()));
      memory.release();
      if (!consensus.leads()) {
        adopt(found.state());
      }
    }
    return found.passedOver();
  }

  /** Finds and loads a checkpoint. A refusal is for all processes, so it is not thrown yet. */
  private Found read() {
    try {
      CheckpointStore store = Objects.requireNonNull(options.checkpoints());
      store.prepare(
          4 * model.parameters().stream().mapToLong(it -> it.shape().size()).sum()
              + memory.bytes());
      CheckpointStore.Found newest = store.newest();
      Optional<Checkpoint> checkpoint = newest.checkpoint();
      if (newest.lost()) {
        throw new InvalidSettings(
            String.join("\n", newest.passedOver())
                + "\nNo checkpoint is whole, and the run would begin again at the first step. Put one"
                + " back, or start a new run in another directory.");
      }
      if (checkpoint.isPresent()) {
        adopt(checkpoint.get().state());
        checkpoint.get().load(model.parameters(), memory.all(memories(checkpoint.get().state())));
      }
      return new Found(checkpoint.map(Checkpoint::state).orElse(null), newest.passedOver(), null);
    } catch (InvalidSettings e) {
      if (consensus.alone()) {
        throw e;
      }
      return new Found(null, List.of(), e.getMessage());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void adopt(ObjectNode state) {
    for (Map.Entry<String, Callback.Remembering> entry : remembering().entrySet()) {
      JsonNode memory = state.path("callbacks").path(entry.getKey());
      if (memory.isObject()) {
        entry.getValue().remember(map(memory));
      }
    }
    requireSameData(state.path("dataFingerprint").asText());
    requireSame("seed", state.path("seed").asText(), Long.toString(options.seed()));
    if (state.has(ORDER)) { // which those of the first versions have not
      data.order()
          .forEach((what, now) -> requireSame(what, state.path(ORDER).path(what).asText(), now));
    }
    progress.restoreFrom(state.path("progress"));
    tally.restoreFrom(state.path("tally"));
    savedStep = progress.step();
  }

  private static int memories(ObjectNode state) {
    return state.path(MEMORIES).asInt(1);
  }

  /**
   * What the first process has found.
   *
   * @param state of the checkpoint; null where there is none
   * @param refusal why the run cannot go on; null where it can
   */
  private record Found(
      @Nullable ObjectNode state, List<String> passedOver, @Nullable String refusal) {
    static Found of(String text) {
      try {
        JsonNode json = JSON.readTree(text);
        List<String> passedOver = new ArrayList<>();
        json.path("passedOver").forEach(sentence -> passedOver.add(sentence.asText()));
        return new Found(
            json.path("state") instanceof ObjectNode state ? state : null,
            passedOver,
            json.path("refusal").isTextual() ? json.path("refusal").asText() : null);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    String text() {
      ObjectNode json = JSON.createObjectNode().put("refusal", refusal);
      passedOver.forEach(json.putArray("passedOver")::add);
      return json.set("state", state).toString();
    }
  }

  private void requireSameData(String saved) {
    Fingerprint before = Fingerprint.parse(saved);
    Fingerprint now = Fingerprint.parse(data.fingerprint());
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

  /**
   * Saves where the policy asks for it after this step, or asked for it since the processes had the
   * same parameters last.
   */
  void saveIfDue() {
    if (writer != null) {
      tell(writer, CheckpointWriter::saved);
    }
    due |= kept && isDue();
    if (due && outer.together()) {
      save();
    }
  }

  /** Clocks differ: where time decides it is the time of the first process. */
  private boolean isDue() {
    Duration sinceLast = Duration.ofNanos(System.nanoTime() - savedAt);
    boolean due = options.policy().due(progress.step(), sinceLast);
    return options.policy().everyMinutes() == null ? due : consensus.broadcast(due);
  }

  /**
   * Saves now; it may come onto the disk while the training goes on.
   *
   * @throws NotFiniteException where the model is not finite: from such a checkpoint nothing goes
   *     on
   */
  void save() {
    if (!kept) {
      return;
    }
    guard.requireFiniteWeights(progress.step());
    consensus.requireSameValues(model.parameters(), progress.step());
    Map<String, NDArray> remembered = memory.gather();
    if (writer != null) {
      save(writer, remembered);
    }
    memory.release();
    due = false;
    savedStep = progress.step();
    savedAt = System.nanoTime();
  }

  private void save(CheckpointWriter writer, Map<String, NDArray> remembered) {
    tell(writer, CheckpointWriter::finish);
    try {
      writer.save(progress.step(), model.parameters(), remembered, state());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
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
    memory.close();
  }

  private ObjectNode state() {
    ObjectNode state = JSON.createObjectNode();
    state.put("seed", options.seed());
    state.put("dataFingerprint", data.fingerprint());
    data.order().forEach(state.putObject(ORDER)::put);
    state.put(MEMORIES, memory.memories());
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
