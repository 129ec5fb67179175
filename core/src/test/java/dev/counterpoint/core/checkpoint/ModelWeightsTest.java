package dev.counterpoint.core.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.Device;
import ai.djl.ndarray.NDManager;
import dev.counterpoint.core.kernel.Torch;
import dev.counterpoint.core.parameter.Parameter;
import dev.counterpoint.core.settings.InvalidSettings;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ModelWeightsTest {
  @TempDir Path directory;
  private final NDManager manager = Torch.newManager(Device.cpu());
  private Path file;

  @BeforeEach
  void save() throws IOException {
    file = directory.resolve("model.safetensors");
    ModelWeights.save(Models.small(manager, 1), file);
  }

  @AfterEach
  void close() {
    manager.close();
  }

  @Test
  void savedWeightsLoadIntoAnotherModel() throws IOException {
    List<Parameter> other = Models.small(manager, 2);

    ModelWeights.load(other, file);

    assertThat(Models.values(other)).isEqualTo(Models.values(Models.small(manager, 1)));
  }

  @Test
  void loadWritesIntoExistingMemory() throws IOException {
    List<Parameter> other = Models.small(manager, 2);
    var array = other.get(0).value();
    var memory = array.toByteBuffer(true);

    ModelWeights.load(other, file);

    assertThat(other.get(0).value()).isSameAs(array);
    assertThat(memory.getFloat(0))
        .isEqualTo(Models.small(manager, 1).get(0).value().getFloat(0, 0));
  }

  @Test
  void loadReportsAllMismatchesAndChangesNothing() {
    List<Parameter> other =
        List.of(
            Models.normal(manager, 2, "layer.weight", 4, 4),
            Models.normal(manager, 2, "scale"),
            Models.normal(manager, 2, "head.bias", 2),
            Models.normal(manager, 2, "head.weight", 2));
    var before = Models.values(other);

    assertThatThrownBy(() -> ModelWeights.load(other, file))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining(file + " lacks: head.bias, head.weight\n")
        .hasMessageContaining(file + " has unexpected tensors: layer.running\n")
        .hasMessageContaining(file + ": layer.weight is F32(3, 4), but float32(4, 4)");
    assertThat(Models.values(other)).isEqualTo(before);
  }

  @Test
  void duplicateParameterNamesAreRejected() {
    List<Parameter> twice =
        List.of(Models.normal(manager, 1, "x", 2), Models.normal(manager, 2, "x", 2));

    assertThatThrownBy(() -> ModelWeights.save(twice, directory.resolve("twice.safetensors")))
        .hasMessage("Two parameters are named \"x\".");
  }
}
