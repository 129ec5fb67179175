package dev.counterpoint.core.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.counterpoint.core.internal.storage.Disk;
import dev.counterpoint.core.internal.storage.FaultyDisk;
import dev.counterpoint.core.internal.storage.LocalDisk;
import dev.counterpoint.core.internal.storage.MemoryFolder;
import dev.counterpoint.core.kernel.Torch;
import dev.counterpoint.core.parameter.Parameter;
import dev.counterpoint.core.settings.InvalidSettings;
import java.io.IOException;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class CheckpointStoreTest {
  @TempDir(factory = MemoryFolder.class)
  Path run;

  private final NDManager manager = Torch.newManager(Device.cpu());
  private Path directory;
  private CheckpointStore store;
  private List<Parameter> model;

  @BeforeEach
  void prepare() {
    directory = run.resolve("checkpoints");
    store = new CheckpointStore(directory, 2);
    model = Models.small(manager, 1);
    store.prepare(0);
  }

  @AfterEach
  void close() {
    manager.close();
  }

  @Test
  void savesAndLoadsModelOptimizerAndState() throws IOException {
    store.save(200, model, Models.slots(manager, 7), state().put("epoch", 2).put("loss", 0.1));

    Checkpoint found = store.newest().checkpoint().orElseThrow();
    List<Parameter> other = Models.small(manager, 2);
    Map<String, NDArray> slots = Models.slots(manager, 0);
    found.load(other, slots);
    assertThat(ModelHash.of(other)).isEqualTo(ModelHash.of(model));
    assertThat(slots.get("layer.weight/mean").toFloatArray()).containsOnly(7f);
    assertThat(slots.get("layer.weight/steps").getLong()).isEqualTo(7);
    assertThat(found.step()).isEqualTo(200);
    assertThat(found.state().<ObjectNode>without("link"))
        .hasToString("{\"epoch\":2,\"loss\":0.1,\"step\":200}");
  }

  @Test
  void infiniteStateValueSurvivesSaveAndLoad() throws IOException {
    store.save(1, model, Map.of(), state().put("best", Double.POSITIVE_INFINITY));

    assertThat(store.newest().checkpoint().orElseThrow().state().get("best").asDouble())
        .isInfinite();
  }

  @Test
  void folderContainsStandardFilesAndSha256sumsFile() throws IOException {
    store.save(200, model, Map.of(), state());

    Path folder = directory.resolve("step-00000200");
    assertThat(list(folder))
        .containsExactly("SHA256SUMS", "model.safetensors", "optimizer.safetensors", "state.json");
    assertThat(Files.readAllLines(folder.resolve("SHA256SUMS")))
        .hasSize(3)
        .allMatch(line -> line.matches("[0-9a-f]{64}  [a-z.]+"));
  }

  @Test
  void theHistoryIsOnDiskBeforeTheCheckpointHasItsName() throws IOException {
    List<String> calls = new ArrayList<>();
    Disk real = new LocalDisk();
    Disk disk =
        (Disk)
            Proxy.newProxyInstance(
                Disk.class.getClassLoader(),
                new Class<?>[] {Disk.class},
                (proxy, method, arguments) -> {
                  Object last = arguments[arguments.length - 1];
                  if (last instanceof Path path) {
                    calls.add(method.getName() + " " + path.normalize().getFileName());
                  }
                  return method.invoke(real, arguments);
                });
    Path history = Files.createDirectory(directory.resolve("run")).resolve("history.jsonl");

    new CheckpointStore(directory, 1, history, disk).save(1, model, Map.of(), state());

    assertThat(calls).containsSubsequence("force run", "rename step-00000001");
  }

  @Test
  void keepsOnlyTheNewestCheckpoints() throws IOException {
    for (long step = 1; step <= 4; step++) {
      store.save(step, model, Map.of(), state());
    }

    assertThat(list(directory)).containsExactly("step-00000003", "step-00000004");
  }

  @Test
  void bestIsKeptInAdditionToTheNewest() throws IOException {
    store.saveBest(1, model, Map.of(), state());
    for (long step = 2; step <= 5; step++) {
      store.save(step, model, Map.of(), state());
    }

    assertThat(list(directory)).containsExactly("best", "step-00000004", "step-00000005");
    assertThat(store.best().checkpoint().orElseThrow().step()).isEqualTo(1);
  }

  @Test
  void saveBestReplacesThePreviousBest() throws IOException {
    store.saveBest(1, model, Map.of(), state());
    store.saveBest(2, Models.small(manager, 2), Map.of(), state());

    List<Parameter> best = Models.small(manager, 3);
    store.best().checkpoint().orElseThrow().loadModel(best);
    assertThat(ModelHash.of(best)).isEqualTo(ModelHash.of(Models.small(manager, 2)));
    assertThat(list(directory)).containsExactly("best");
  }

  @Test
  void emptyStoreHasNoCheckpoints() throws IOException {
    assertThat(store.newest().checkpoint()).isEmpty();
    assertThat(store.best().checkpoint()).isEmpty();
    assertThat(new CheckpointStore(run.resolve("nowhere"), 1).newest().checkpoint()).isEmpty();
  }

  @Test
  void damagedNewestIsSkippedAndReported() throws IOException {
    store.save(1, model, Map.of(), state());
    store.save(2, model, Map.of(), state());
    Path weights = directory.resolve("step-00000002/model.safetensors");
    byte[] bytes = Files.readAllBytes(weights);
    bytes[bytes.length - 1] ^= 1;
    Files.write(weights, bytes);

    CheckpointStore.Found found = store.newest();

    assertThat(found.checkpoint().orElseThrow().step()).isEqualTo(1);
    assertThat(found.skipped())
        .singleElement()
        .asString()
        .contains(weights + " is damaged", "SHA-256", "SHA256SUMS");
  }

  @Test
  void checkpointInFolderOfAnotherStepIsSkipped() throws IOException {
    store.save(1, model, Map.of(), state());
    Files.move(directory.resolve("step-00000001"), directory.resolve("step-00000009"));

    assertThat(store.newest().skipped())
        .singleElement()
        .asString()
        .contains(directory.resolve("step-00000009") + " is damaged", "step 1");
  }

  @Test
  void lostOnlyIfASavedCheckpointIsDamaged() throws IOException {
    Files.createDirectory(directory.resolve(".step-00000001.new"));
    assertThat(store.newest().lost()).isFalse();

    store.save(1, model, Map.of(), state());
    assertThat(store.newest().lost()).isFalse();

    Files.delete(directory.resolve("step-00000001/state.json"));
    assertThat(store.newest().lost()).isTrue();
  }

  @Test
  void incompleteCheckpointsAreSkippedAndReported() throws IOException {
    store.save(1, model, Map.of(), state());
    store.save(2, model, Map.of(), state());
    Files.delete(directory.resolve("step-00000002/state.json"));
    Files.createDirectory(directory.resolve("step-00000003"));
    Files.createDirectory(directory.resolve(".step-00000004.new"));

    CheckpointStore.Found found = store.newest();

    assertThat(found.checkpoint().orElseThrow().step()).isEqualTo(1);
    assertThat(found.skipped())
        .satisfiesExactly(
            first -> assertThat(first).contains(directory.resolve(".step-00000004.new").toString()),
            second ->
                assertThat(second)
                    .contains(directory.resolve("step-00000003/SHA256SUMS").toString(), "missing"),
            third ->
                assertThat(third)
                    .contains(directory.resolve("step-00000002/state.json").toString(), "missing"));
  }

  @Test
  void damagedCheckpointIsReplacedWhenItsStepIsSavedAgain() throws IOException {
    store.save(1, model, Map.of(), state());
    store.save(2, model, Map.of(), state());
    store.save(3, model, Map.of(), state());
    Files.writeString(directory.resolve("step-00000003/state.json"), "{}");

    store.save(2, model, Map.of(), state());
    assertThat(store.newest().checkpoint().orElseThrow().step()).isEqualTo(2);
    store.save(3, model, Map.of(), state());

    assertThat(store.newest().checkpoint().orElseThrow().step()).isEqualTo(3);
    assertThat(list(directory)).containsExactly("step-00000002", "step-00000003");
  }

  @Test
  void pruningKeepsTheOnlyIntactCheckpointBeforeADamagedLaterOne() throws IOException {
    CheckpointStore one = new CheckpointStore(directory, 1);
    one.save(9, model, Map.of(), state());
    Files.delete(directory.resolve("step-00000009/state.json"));

    one.save(5, model, Map.of(), state());

    assertThat(one.newest().checkpoint().orElseThrow().step()).isEqualTo(5);
  }

  @Test
  void nothingIsLoadedIfOptimizerStateDoesNotMatch() throws IOException {
    Checkpoint saved = store.save(1, model, Models.slots(manager, 1), state());
    List<Parameter> other = Models.small(manager, 2);
    String before = ModelHash.of(other);
    Map<String, NDArray> slots = new HashMap<>(Models.slots(manager, 0));
    slots.put("layer.weight/variance", slots.remove("layer.weight/mean"));

    assertThatThrownBy(() -> saved.load(other, slots))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining("optimizer.safetensors lacks: layer.weight/variance")
        .hasMessageContaining("optimizer.safetensors has unexpected tensors: layer.weight/mean");
    assertThat(ModelHash.of(other)).isEqualTo(before);
  }

  @Test
  void prepareRemovesCrashLeftoversAndNothingElse() throws IOException {
    store.save(1, model, Map.of(), state());
    store.saveBest(1, model, Map.of(), state());
    Files.move(directory.resolve("best"), directory.resolve(".best.old"));
    Files.createDirectory(directory.resolve(".best.new"));
    Files.createDirectory(directory.resolve(".step-00000002.new"));
    Files.writeString(directory.resolve(".step-00000002.new/model.safetensors"), "half");
    Files.createDirectory(directory.resolve(".step-00000000.gone"));
    Files.writeString(directory.resolve(".notes.new"), "mine");

    store.prepare(0);

    assertThat(list(directory)).containsExactly(".notes.new", "best", "step-00000001");
    assertThat(store.best().checkpoint().orElseThrow().step()).isEqualTo(1);
  }

  @Test
  void prepareRejectsADirectoryThatCannotBeCreated() throws IOException {
    Path file = Files.writeString(run.resolve("file"), "");

    assertThatThrownBy(() -> new CheckpointStore(file.resolve("checkpoints"), 1).prepare(0))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining(file.resolve("checkpoints").toString())
        .hasMessageContaining("output directory");
  }

  @Test
  void prepareRejectsADiskWithTooLittleFreeSpace() {
    CheckpointStore full =
        new CheckpointStore(directory, 1, FaultyDisk.faultless().withUsableSpace(11_500_000));

    assertThatThrownBy(() -> full.prepare(12_000_000))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining("12.0 MB")
        .hasMessageContaining("11.5 MB")
        .hasMessageContaining(directory.toString());
  }

  @Test
  void failedSaveReportsPathReasonAndNewestIntactCheckpoint() throws IOException {
    store.save(1, model, Map.of(), state());
    CheckpointStore failing = new CheckpointStore(directory, 2, new FaultyDisk(5));

    assertThatThrownBy(() -> failing.save(2, model, Map.of(), state()))
        .isInstanceOf(IOException.class)
        .hasMessageContaining(directory.resolve("step-00000002").toString())
        .hasMessageContaining("No space left on device")
        .hasMessageContaining("newest intact checkpoint is step-00000001");
    assertThat(list(directory)).containsExactly("step-00000001");
  }

  @Test
  void remainingDescribesTheNewestIntactCheckpoint() throws IOException {
    store.save(1, model, Map.of(), state());
    store.save(2, model, Map.of(), state());
    Files.delete(directory.resolve("step-00000002/state.json"));

    assertThat(store.remaining()).get().asString().contains("step-00000001");
  }

  @Test
  void saveReportsADeletedDirectory() throws IOException {
    Files.delete(directory);

    assertThatThrownBy(() -> store.save(2, model, Map.of(), state()))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("Cannot save checkpoint " + directory.resolve("step-00000002"))
        .hasMessageContaining("no such file or directory")
        .hasMessageContaining("No intact checkpoint");
  }

  @ParameterizedTest
  @EnumSource
  void newestIntactCheckpointIsFoundAfterAnyFailure(FaultyDisk.Fault fault) throws IOException {
    boolean failed = true;
    for (int changes = 0; failed; changes++) {
      reset();
      FaultyDisk disk = new FaultyDisk(changes, fault, false);
      attempt(() -> new CheckpointStore(directory, 1, disk).save(2, model, Map.of(), state()));
      failed = disk.failed();

      assertThat(store.newest().checkpoint().orElseThrow().step()).isBetween(1L, 2L);
      assertThat(store.newest().skipped()).isEmpty();
    }
    assertThat(store.newest().checkpoint().orElseThrow().step()).isEqualTo(2);
  }

  @ParameterizedTest
  @EnumSource
  void bestAndNewestAreFoundAfterACrashAtAnyOperation(FaultyDisk.Fault fault) throws IOException {
    boolean crashed = true;
    for (int changes = 0; crashed; changes++) {
      reset();
      store.saveBest(1, model, Map.of(), state());
      FaultyDisk disk = new FaultyDisk(changes, fault, true);
      CheckpointStore crashing = new CheckpointStore(directory, 1, disk);
      attempt(() -> crashing.save(2, model, Map.of(), state()));
      attempt(() -> crashing.save(2, model, Map.of(), state()));
      attempt(() -> crashing.saveBest(2, model, Map.of(), state()));
      crashed = disk.failed();

      assertThat(store.newest().checkpoint()).isPresent();
      assertThat(store.best().checkpoint()).isPresent();
      store.prepare(0);
      assertThat(store.newest().checkpoint()).isPresent();
      assertThat(store.best().checkpoint()).isPresent();
      assertThat(list(directory)).noneMatch(name -> name.startsWith("."));
    }
    assertThat(store.best().checkpoint().orElseThrow().step()).isEqualTo(2);
  }

  /** Resets the directory to one intact checkpoint of step 1. */
  private void reset() throws IOException {
    new LocalDisk().delete(directory);
    Files.createDirectory(directory);
    store.save(1, model, Map.of(), state());
  }

  @FunctionalInterface
  private interface Save {
    void run() throws IOException;
  }

  private static void attempt(Save save) {
    try {
      save.run();
    } catch (IOException e) {
      assertThat(e).hasMessageContaining("No space left on device");
    }
  }

  private static ObjectNode state() {
    return JsonNodeFactory.instance.objectNode();
  }

  private static List<String> list(Path directory) throws IOException {
    try (Stream<Path> entries = Files.list(directory)) {
      return entries.map(entry -> entry.getFileName().toString()).sorted().toList();
    }
  }
}
