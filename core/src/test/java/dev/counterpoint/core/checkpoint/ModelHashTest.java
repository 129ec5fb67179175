package dev.counterpoint.core.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Device;
import ai.djl.ndarray.NDManager;
import dev.counterpoint.core.kernel.Torch;
import dev.counterpoint.core.parameter.Initializer;
import dev.counterpoint.core.parameter.Parameter;
import dev.counterpoint.core.safetensors.SafetensorsFiles;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ModelHashTest {
  @TempDir Path directory;
  private final NDManager manager = Torch.newManager(Device.cpu());

  @AfterEach
  void close() {
    manager.close();
  }

  @Test
  void hashCoversNameShapeAndBytes() {
    Parameter pair = Parameter.of((m, shape) -> m.create(new float[] {1, 2}), 2);
    pair.setName("a");
    pair.initialize(manager, 1);
    Parameter scalar = Parameter.of(Initializer.constant(3));
    scalar.setName("b");
    scalar.initialize(manager, 1);

    // hashlib.sha256(b'a\x002\x00' + struct.pack('<2f', 1, 2) + b'b\x00\x00' + struct.pack('<f',
    // 3))
    assertThat(ModelHash.of(List.of(scalar, pair)))
        .isEqualTo("309857af05a21279e48341275ff982dd0761ea145085c2aec811ffe89d7be239");
  }

  @Test
  void hashDoesNotDependOnListOrder() {
    List<Parameter> model = Models.small(manager, 1);
    List<Parameter> reversed = new ArrayList<>(model);
    Collections.reverse(reversed);

    assertThat(ModelHash.of(reversed)).isEqualTo(ModelHash.of(model));
  }

  @Test
  void hashDependsOnValues() {
    assertThat(ModelHash.of(Models.small(manager, 1)))
        .isNotEqualTo(ModelHash.of(Models.small(manager, 2)));
  }

  @Test
  void hashOfSavedFileEqualsHashOfModel() throws IOException {
    List<Parameter> model = Models.small(manager, 1);
    Path file = directory.resolve("model.safetensors");

    ModelWeights.save(model, file);

    assertThat(ModelHash.of(file)).isEqualTo(ModelHash.of(model));
  }

  @Test
  void hashOfBfloat16FileEqualsHashOfLoadedModel() throws IOException {
    Path file =
        SafetensorsFiles.write(
            directory,
            "{\"x\":{\"dtype\":\"BF16\",\"shape\":[2],\"data_offsets\":[0,4]}}",
            SafetensorsFiles.shorts(0x3f80, 0xc049));
    List<Parameter> model = List.of(Models.normal(manager, 1, "x", 2));

    ModelWeights.load(model, file);

    assertThat(ModelHash.of(file)).isEqualTo(ModelHash.of(model));
  }
}
