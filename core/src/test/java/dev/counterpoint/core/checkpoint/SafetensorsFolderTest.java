package dev.counterpoint.core.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.counterpoint.core.kernel.Torch;
import dev.counterpoint.core.settings.InvalidSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SafetensorsFolderTest {
  private static final String FIRST = "model-00001-of-00002.safetensors";
  private static final String SECOND = "model-00002-of-00002.safetensors";

  @TempDir private Path folder;
  private final NDManager manager = Torch.newManager(Device.cpu());

  @BeforeEach
  void writeTwoFiles() throws IOException {
    SafetensorsWriter.write(folder.resolve(FIRST), Map.of("a", manager.create(new float[] {1, 2})));
    SafetensorsWriter.write(
        folder.resolve(SECOND), Map.of("b", manager.create(3f), "c", manager.create(4L)));
    index("\"a\": \"" + FIRST + "\", \"b\": \"" + SECOND + "\", \"c\": \"" + SECOND + "\"");
  }

  @AfterEach
  void close() {
    manager.close();
  }

  @Test
  void tensorsOfSeveralFilesAreReadAsOfOne() throws IOException {
    try (SafetensorsFolder opened = SafetensorsFolder.open(folder)) {
      assertThat(opened.tensors()).containsOnlyKeys("a", "b", "c");
      assertThat(opened.load("a", manager).toFloatArray()).containsExactly(1, 2);
      NDArray b = manager.zeros(new Shape());
      opened.read("b", b);
      assertThat(b.getFloat()).isEqualTo(3);
      assertThat(opened.load("c", manager).getLong()).isEqualTo(4);
    }
  }

  @Test
  void aFolderWithOneFileNeedsNoIndex() throws IOException {
    Files.delete(folder.resolve("model.safetensors.index.json"));
    Files.move(folder.resolve(SECOND), folder.resolve("model.safetensors"));

    try (SafetensorsFolder opened = SafetensorsFolder.open(folder)) {
      assertThat(opened.tensors()).containsOnlyKeys("b", "c");
    }
  }

  @Test
  void aTensorThatIsNotThereIsNamedWithThoseThatAre() throws IOException {
    try (SafetensorsFolder opened = SafetensorsFolder.open(folder)) {
      assertThatThrownBy(() -> opened.load("d", manager))
          .isInstanceOf(InvalidSettings.class)
          .hasMessage(folder + " has no tensor \"d\"; it has: a, b, c");
    }
  }

  @Test
  void aFileThatIsMissingIsNamed() throws IOException {
    Files.delete(folder.resolve(SECOND));

    assertRefused(folder.resolve(SECOND) + " is damaged: it is missing, but named in model.safe");
  }

  @Test
  void aTensorThatIsNotWhereTheIndexSaysIsNamed() throws IOException {
    index("\"a\": \"" + SECOND + "\"");

    assertRefused("tensor \"a\" is to be in " + SECOND + ", and is not");
  }

  @Test
  void anIndexLeadsOutOfItsFolderNever() throws IOException {
    index("\"a\": \"../" + FIRST + "\"");

    assertRefused("tensor \"a\" is to be in \"../" + FIRST + "\"");
  }

  @Test
  void anIndexWithoutAMapIsRefused() throws IOException {
    Files.writeString(folder.resolve("model.safetensors.index.json"), "{\"weight_map\": []}");

    assertRefused("it has no \"weight_map\" from tensors to files");
  }

  @Test
  void aFolderWithoutAModelIsRefused() throws IOException {
    Files.delete(folder.resolve("model.safetensors.index.json"));

    assertThatThrownBy(() -> SafetensorsFolder.open(folder))
        .isInstanceOf(InvalidSettings.class)
        .hasMessage(folder + " has neither model.safetensors nor model.safetensors.index.json.");
  }

  private void assertRefused(String message) {
    assertThatThrownBy(() -> SafetensorsFolder.open(folder))
        .isInstanceOf(DamagedFile.class)
        .hasMessageContaining(message);
  }

  private void index(String map) throws IOException {
    Files.writeString(
        folder.resolve("model.safetensors.index.json"),
        "{\"metadata\": {\"total_size\": 20}, \"weight_map\": {" + map + "}}");
  }
}
