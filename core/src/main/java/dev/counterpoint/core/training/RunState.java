package dev.counterpoint.core.training;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.types.Shape;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.counterpoint.core.callback.Callback;
import dev.counterpoint.core.checkpoint.Checkpoint;
import dev.counterpoint.core.checkpoint.CheckpointStore;
import dev.counterpoint.core.checkpoint.CheckpointWriter;
import dev.counterpoint.core.checkpoint.Stateful;
import dev.counterpoint.core.data.source.Fingerprint;
import dev.counterpoint.core.distributed.RankCoordinator;
import dev.counterpoint.core.internal.storage.Json;
import dev.counterpoint.core.kernel.Torch;
import dev.counterpoint.core.parameter.Parameter;
import dev.counterpoint.core.settings.FormerName;
import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.core.training.failure.NotFiniteException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Saves and restores the state of a run through its checkpoint store, if it has one. */
final class RunState implements AutoCloseable {
  private static final long NEVER = -1;
  private static final String ORDER = "order";
  private static final String STRATEGY = "strategy";

  private final RunContext run;
  private final TrainState state;
  private final RunTotals totals;
  private final StepGuard guard;
  private final RankCoordinator ranks;

  /** Whether the run has a store. Only rank 0 reads and writes it. */
  private final boolean hasStore;

  private final @Nullable CheckpointWriter writer;
  private boolean due;
  private long savedStep = NEVER;
  private boolean savedValidation;
  private long savedAt = System.nanoTime();

  RunState(RunContext run, RunTotals totals) {
    this.run = run;
    this.state = run.state();
    this.totals = totals;
    this.guard = new StepGuard(run);
    this.ranks = run.ranks();
    CheckpointStore store = run.options().checkpoints();
    hasStore = ranks.broadcast(store != null);
    writer =
        store != null && ranks.isRankZero()
            ? new CheckpointWriter(store, run.options().policy().background(), this::sync)
            : null;
  }

  StepGuard guard() {
    return guard;
  }

  /** Flushes the files of callbacks to disk, before a checkpoint is written. */
  private void sync() throws IOException {
    for (Callback callback : run.options().callbacks()) {
      if (callback instanceof Callback.Flushable writing) {
        writing.sync();
      }
    }
  }

  /**
   * Restores the newest complete checkpoint, if there is one. Rank 0 reads it and broadcasts it.
   *
   * @return the reason for each skipped checkpoint
   * @throws InvalidSettings if it was saved with other data, another seed, other batches or another
   *     model, or if there are checkpoints but none is complete
   */
  List<String> restore() {
    if (!hasStore) {
      return List.of();
    }
    try (NDManager memory = Torch.newManager(Device.cpu());
        NDScope temporary = Torch.newScope()) {
      StrategyState strategyState = StrategyState.of(run.strategy());
      Map<String, NDArray> arrays = strategyState.with(state.arrays());
      Map<String, Object> rankLocal = new TreeMap<>();
      String read = ranks.isRankZero() ? read(strategyState, arrays, rankLocal, memory).json() : "";
      Found found = Json.parse(ranks.broadcast(read), Found.class);
      if (found.refusal() != null) {
        throw new InvalidSettings(found.refusal());
      }
      if (found.state() != null) {
        ranks.broadcast(state.model().parameters().stream().map(Parameter::value).toList());
        ranks.broadcast(List.copyOf(arrays.values()));
        if (!ranks.isRankZero()) {
          restoreFrom(found.state());
        }
        rankLocal.putAll(map(found.state().path(STRATEGY)));
        run.strategy().loadState(rankLocal);
      }
      return found.skipped();
    }
  }

  /**
   * Finds and loads a checkpoint on rank 0. An error is returned, not thrown, so that all ranks can
   * throw it.
   */
  private Found read(
      StrategyState strategyState,
      Map<String, NDArray> arrays,
      Map<String, Object> rankLocal,
      NDManager memory) {
    try {
      CheckpointStore store = Objects.requireNonNull(run.options().checkpoints());
      store.prepare(
          4 * state.model().parameters().stream().mapToLong(it -> it.shape().size()).sum()
              + StrategyState.bytes(arrays.values())
              + StrategyState.bytes(strategyState.rankLocal().values()));
      CheckpointStore.Found newest = store.newest();
      Optional<Checkpoint> checkpoint = newest.checkpoint();
      if (newest.lost()) {
        throw new InvalidSettings(
            "%s\nNo checkpoint is complete, so the run would start at the first step."
                + " Restore a checkpoint, or start a new run in another directory.",
            String.join("\n", newest.skipped()));
      }
      if (checkpoint.isPresent()) {
        restoreFrom(checkpoint.get().state());
        Map<String, NDArray> all = new TreeMap<>(arrays);
        for (Map.Entry<String, Shape> saved : checkpoint.get().shapes().entrySet()) {
          if (saved.getKey().startsWith(Stateful.RANK_PREFIX)) {
            all.put(saved.getKey(), memory.zeros(saved.getValue()));
            rankLocal.put(saved.getKey(), Objects.requireNonNull(all.get(saved.getKey())));
          }
        }
        checkpoint.get().load(state.model().parameters(), all);
      }
      return new Found(checkpoint.map(Checkpoint::state).orElse(null), newest.skipped(), null);
    } catch (InvalidSettings e) {
      if (ranks.isSingleProcess()) {
        throw e;
      }
      return new Found(null, List.of(), e.getMessage());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void restoreFrom(ObjectNode saved) {
    JsonNode callbacks = saved.path("callbacks");
    statefulCallbacks()
        .forEach(
            (name, callback) -> {
              FormerName former = callback.getClass().getAnnotation(FormerName.class);
              boolean isFormer = former != null && !callbacks.has(name);
              JsonNode stored = callbacks.path(isFormer ? former.value() : name);
              if (stored.isObject()) {
                callback.loadState(map(stored));
              }
            });
    requireSameData(saved.path("dataFingerprint").asText());
    requireSame("seed", saved.path("seed").asText(), Long.toString(run.options().seed()));
    if (saved.has(ORDER)) { // absent in checkpoints of the first versions
      run.data()
          .order()
          .forEach(
              (key, now) -> {
                String what = key.replace("items", "examples"); // checkpoints store "items"
                requireSame(what, saved.path(ORDER).path(key).asText(), now);
              });
    }
    state.restoreProgress(saved.path("progress"));
    totals.restoreFrom(saved.path("tally"));
    totals.stopIfOver(state.config(), run.options().stop());
    markSaved();
  }

  /**
   * The result of rank 0's search for a checkpoint.
   *
   * @param state the state of the checkpoint; null if there is none
   * @param skipped the reason for each skipped checkpoint
   * @param refusal why the run cannot resume; null if it can
   */
  private record Found(@Nullable ObjectNode state, List<String> skipped, @Nullable String refusal) {
    String json() {
      return Json.MAPPER.valueToTree(this).toString();
    }
  }

  private void requireSameData(String saved) {
    Fingerprint before = Fingerprint.parse(saved);
    Fingerprint now = Fingerprint.parse(run.data().fingerprint());
    List<String> changed = now.changedSince(before);
    if (changed.isEmpty()) {
      requireSame("data", before.hash(), now.hash());
    } else {
      throw new InvalidSettings(
          "The run cannot resume: the data has changed in %s since the checkpoint was"
              + " saved. Restore the data, or start a new run in another directory.",
          String.join(", ", changed));
    }
  }

  private static void requireSame(String what, String saved, String now) {
    if (!saved.equals(now)) {
      throw new InvalidSettings(
          "The run cannot resume: its checkpoint was saved with another %s (%s; now %s)."
              + " Start a new run in another directory.",
          what, saved, now);
    }
  }

  /** Saves a checkpoint if it is due, as soon as all processes have identical weights. */
  void saveIfDue() {
    if (writer != null) {
      notifySaved(writer.saved());
    }
    due |= hasStore && isDue();
    if (due && state.isSynchronous()) {
      save();
    }
  }

  /** Whether a checkpoint is due. The clock of rank 0 decides, since machines may differ. */
  private boolean isDue() {
    Duration sinceLast = Duration.ofNanos(System.nanoTime() - savedAt);
    boolean due = run.options().policy().due(state.step(), sinceLast);
    return run.options().policy().everyMinutes() == null ? due : ranks.broadcast(due);
  }

  /**
   * Saves a checkpoint, if the run has a store. It may be written in the background while the
   * training continues.
   *
   * @throws NotFiniteException if a weight is not finite: no run could resume from it
   */
  void save() {
    guard.requireFiniteWeights(state.step());
    if (!hasStore) {
      return;
    }
    ranks.requireSameValues(state.model().parameters(), state.step());
    try (NDScope temporary = Torch.newScope()) {
      StrategyState strategyState = StrategyState.of(run.strategy());
      if (writer != null) {
        save(writer, strategyState);
      }
    }
    due = false;
    markSaved();
    savedAt = System.nanoTime();
  }

  private void markSaved() {
    savedStep = state.step();
    savedValidation = state.progress().isValidated();
  }

  private void save(CheckpointWriter writer, StrategyState strategyState) {
    notifySaved(writer.finish());
    Map<String, NDArray> arrays = strategyState.with(state.arrays());
    arrays.putAll(strategyState.rankLocal());
    writer.save(state.step(), state.model().parameters(), arrays, json(strategyState));
    if (!run.options().policy().background()) {
      notifySaved(writer.finish());
    }
  }

  /**
   * Saves the last step and its validation unless they are saved already, and waits until they are
   * written to disk.
   */
  void finish() {
    if (savedStep != state.step() || savedValidation != state.progress().isValidated()) {
      save();
    }
    if (writer != null) {
      notifySaved(writer.finish());
    }
  }

  /** Notifies the callbacks of a checkpoint that was written to disk. */
  private void notifySaved(OptionalLong saved) {
    saved.ifPresent(step -> run.options().callbacks().forEach(it -> it.onCheckpoint(step)));
  }

  /** Waits for a checkpoint that is being written. */
  @Override
  public void close() {
    if (writer != null) {
      writer.close();
    }
  }

  private ObjectNode json(StrategyState strategyState) {
    ObjectNode json = Json.MAPPER.createObjectNode();
    json.put("seed", run.options().seed());
    json.put("dataFingerprint", run.data().fingerprint());
    run.data().order().forEach(json.putObject(ORDER)::put);
    state.progress().saveTo(json.putObject("progress"));
    totals.saveTo(json.putObject("tally"));
    if (!strategyState.values().isEmpty()) {
      json.set(STRATEGY, Json.MAPPER.valueToTree(strategyState.values()));
    }
    ObjectNode callbacks = json.putObject("callbacks");
    statefulCallbacks()
        .forEach(
            (name, callback) -> callbacks.set(name, Json.MAPPER.valueToTree(callback.state())));
    return json;
  }

  /** The stateful callbacks by class name; a second one of a class has the suffix " 2", etc. */
  private Map<String, Stateful> statefulCallbacks() {
    Map<String, Stateful> named = new LinkedHashMap<>();
    for (Callback callback : run.options().callbacks()) {
      if (callback instanceof Stateful stateful) {
        String name = callback.getClass().getName();
        String key = name;
        for (int i = 2; named.containsKey(key); i++) {
          key = name + " " + i;
        }
        named.put(key, stateful);
      }
    }
    return named;
  }

  private static Map<String, Object> map(JsonNode node) {
    return node.isObject()
        ? Json.MAPPER.convertValue(node, new TypeReference<Map<String, Object>>() {})
        : Map.of();
  }
}
