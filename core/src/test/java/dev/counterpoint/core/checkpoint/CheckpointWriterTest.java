package dev.counterpoint.core.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.counterpoint.core.internal.storage.Disk;
import dev.counterpoint.core.internal.storage.FaultyDisk;
import dev.counterpoint.core.internal.storage.LocalDisk;
import dev.counterpoint.core.kernel.Torch;
import dev.counterpoint.core.parameter.Parameter;
import dev.counterpoint.core.safetensors.TensorCopies;
import dev.counterpoint.core.safetensors.TensorValues;
import java.io.Flushable;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CheckpointWriterTest {
  @TempDir private Path directory;
  private final NDManager manager = Torch.newManager(Device.cpu());
  private List<Parameter> model;
  private Map<String, NDArray> slots;

  @BeforeEach
  void makeModel() {
    model = Models.small(manager, 1);
    slots = Models.slots(manager, 7);
  }

  @AfterEach
  void close() {
    manager.close();
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void writesTheSameBytesAsTheStore(boolean background) throws IOException {
    new CheckpointStore(directory, 3).save(1, model, slots, state());
    try (CheckpointWriter writer =
        new CheckpointWriter(new CheckpointStore(directory, 3), background, () -> {})) {
      writer.save(2, model, slots, state());
      assertThat(writer.finish()).hasValue(2);
    }

    for (String file : List.of("model.safetensors", "optimizer.safetensors")) {
      assertThat(directory.resolve("step-00000002").resolve(file))
          .hasSameBinaryContentAs(directory.resolve("step-00000001").resolve(file));
    }
  }

  @Test
  void updatesDuringTheSaveAreNotIncluded() throws IOException {
    CountDownLatch trained = new CountDownLatch(1);
    String before = ModelHash.of(model);
    try (CheckpointWriter writer = new CheckpointWriter(storeBlockedBy(trained), true, () -> {})) {
      writer.save(1, model, slots, state());
      assertThat(writer.saved()).isEmpty();
      model.get(0).value().setRequiresGradient(false);
      model.get(0).value().set(new NDIndex().addAllDim(), 9);
      trained.countDown();
      assertThat(writer.finish()).hasValue(1);
    }

    assertThat(ModelHash.of(directory.resolve("step-00000001/model.safetensors")))
        .isEqualTo(before)
        .isNotEqualTo(ModelHash.of(model));
  }

  @Test
  void failureIsThrownByFinishAndTheNextSaveSucceeds() throws IOException {
    CheckpointStore failing = new CheckpointStore(directory, 2, new FaultyDisk(3));
    try (CheckpointWriter writer = new CheckpointWriter(failing, true, () -> {})) {
      writer.save(1, model, slots, state());
      assertThatThrownBy(writer::finish)
          .isInstanceOf(UncheckedIOException.class)
          .hasMessageContaining("Cannot save checkpoint " + directory.resolve("step-00000001"));
      assertThat(writer.saved()).isEmpty();

      writer.save(2, model, slots, state());
      assertThat(writer.finish()).hasValue(2);
    }
  }

  @Test
  void noCheckpointIsWrittenIfBeforeWriteFails() throws IOException {
    Flushable failing =
        () -> {
          throw new IOException("no metrics");
        };
    try (CheckpointWriter writer =
        new CheckpointWriter(new CheckpointStore(directory, 2), true, failing)) {
      writer.save(1, model, slots, state());

      assertThatThrownBy(writer::finish)
          .isInstanceOf(UncheckedIOException.class)
          .hasMessage("no metrics");
    }
    assertThat(directory.resolve("step-00000001")).doesNotExist();
  }

  @Test
  void closeWaitsForAPendingSave() throws IOException {
    try (CheckpointWriter writer =
        new CheckpointWriter(new CheckpointStore(directory, 2), true, () -> {})) {
      writer.save(1, model, slots, state());
    }

    assertThat(new CheckpointStore(directory, 2).newest().checkpoint()).isPresent();
  }

  @Test
  void copiesReuseTheirMemory() {
    TensorCopies copies = new TensorCopies();
    SortedMap<String, TensorValues> first = copies.copy(slots);

    SortedMap<String, TensorValues> second = copies.copy(Models.slots(manager, 8));

    first.forEach((name, values) -> assertThat(second.get(name)).isSameAs(values));
    assertThat(copies.copy(Map.of("layer.weight/mean", manager.create(1f))).values())
        .doesNotContainAnyElementsOf(first.values());
  }

  /** A store that writes nothing until the latch is released. */
  private CheckpointStore storeBlockedBy(CountDownLatch latch) {
    return new CheckpointStore(
        directory,
        2,
        new Disk() {
          private final Disk disk = new LocalDisk();

          @Override
          public void createDirectory(Path folder) throws IOException {
            try {
              latch.await();
            } catch (InterruptedException e) {
              throw new IOException(e);
            }
            disk.createDirectory(folder);
          }

          @Override
          public void write(Path file, Content content) throws IOException {
            disk.write(file, content);
          }

          @Override
          public void rename(Path from, Path to) throws IOException {
            disk.rename(from, to);
          }

          @Override
          public void force(Path folder) throws IOException {
            disk.force(folder);
          }

          @Override
          public void delete(Path tree) throws IOException {
            disk.delete(tree);
          }

          @Override
          public long usableSpace(Path folder) throws IOException {
            return Files.getFileStore(folder).getUsableSpace();
          }
        });
  }

  private static ObjectNode state() {
    return JsonNodeFactory.instance.objectNode();
  }
}
