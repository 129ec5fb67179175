package dev.counterpoint.core.safetensors;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.counterpoint.core.internal.storage.DamagedFile;
import dev.counterpoint.core.internal.storage.FaultyDisk;
import dev.counterpoint.core.kernel.Torch;
import dev.counterpoint.core.settings.InvalidSettings;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SafetensorsTest {
  @TempDir Path directory;
  private final NDManager manager = Torch.newManager(Device.cpu());

  @AfterEach
  void close() {
    manager.close();
  }

  @Test
  void everyTypeAndShapeRoundTripsBitForBit() throws IOException {
    Map<String, NDArray> arrays = new LinkedHashMap<>();
    arrays.put("matrix", manager.randomNormal(new Shape(3, 4)));
    arrays.put("scalar", manager.create(-0.0f));
    arrays.put("one", manager.create(new float[] {Float.NaN}, new Shape(1, 1, 1)));
    arrays.put("empty", manager.create(new Shape(0, 3)));
    arrays.put("double", manager.create(new double[] {Math.PI, Double.MIN_VALUE}));
    arrays.put("long", manager.create(new long[] {Long.MIN_VALUE, -1, Long.MAX_VALUE}));
    arrays.put("int", manager.create(new int[] {1, -2}));
    arrays.put("byte", manager.create(new byte[] {1, -2, 3}));
    arrays.put("truth", manager.create(new boolean[] {true, false, true}));
    arrays.put("ünïcode \"quoted\"", manager.create(1L));
    Path file = directory.resolve("all.safetensors");

    SafetensorsWriter.write(file, arrays);

    try (SafetensorsReader reader = SafetensorsReader.open(file)) {
      assertThat(reader.tensors().keySet()).containsExactlyInAnyOrderElementsOf(arrays.keySet());
      for (Map.Entry<String, NDArray> entry : arrays.entrySet()) {
        NDArray read = reader.load(entry.getKey(), manager);
        assertThat(read.getShape()).isEqualTo(entry.getValue().getShape());
        assertThat(read.getDataType()).isEqualTo(entry.getValue().getDataType());
        assertThat(bytes(read)).isEqualTo(bytes(entry.getValue()));
      }
    }
  }

  @Test
  void fileLayoutMatchesTheFormat() throws IOException {
    Path file = directory.resolve("two.safetensors");

    SafetensorsWriter.write(
        file,
        Map.of(
            "b",
            manager.create(new float[] {1, 2}),
            "a",
            manager.create(3f),
            "c",
            manager.create(4L)));

    ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
    int length = (int) bytes.getLong();
    String header = new String(bytes.array(), 8, length, StandardCharsets.UTF_8);
    assertThat(length % 8).isZero();
    assertThat(header.stripTrailing())
        .isEqualTo(
            "{\"__metadata__\":{\"format\":\"pt\"},"
                + "\"c\":{\"dtype\":\"I64\",\"shape\":[],\"data_offsets\":[0,8]},"
                + "\"a\":{\"dtype\":\"F32\",\"shape\":[],\"data_offsets\":[8,12]},"
                + "\"b\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[12,20]}}");
    bytes.position(8 + length);
    assertThat(bytes.getLong()).isEqualTo(4);
    assertThat(bytes.getFloat()).isEqualTo(3f);
    assertThat(bytes.getFloat()).isEqualTo(1f);
    assertThat(bytes.getFloat()).isEqualTo(2f);
    assertThat(bytes.hasRemaining()).isFalse();
  }

  @Test
  void arrayLargerThanAChunkRoundTripsBitForBit() throws IOException {
    NDArray large = manager.randomNormal(new Shape(3, TensorBytes.CHUNK / 4 + 5));
    Path file = directory.resolve("large.safetensors");

    SafetensorsWriter.write(file, Map.of("large", large));

    try (SafetensorsReader reader = SafetensorsReader.open(file)) {
      assertThat(reader.load("large", manager).eq(large).all().getBoolean()).isTrue();
    }
  }

  @Test
  void writesAFileWithoutTensors() throws IOException {
    Path file = directory.resolve("none.safetensors");

    SafetensorsWriter.write(file, Map.of());

    try (SafetensorsReader reader = SafetensorsReader.open(file)) {
      assertThat(reader.tensors()).isEmpty();
    }
  }

  @Test
  void theFormatIsWrittenThatTransformersRequires() throws IOException {
    Path file = directory.resolve("none.safetensors");

    SafetensorsWriter.write(file, Map.of());

    assertThat(Files.readString(file)).contains("{\"__metadata__\":{\"format\":\"pt\"}}");
  }

  @Test
  void bfloat16IsWidenedToFloat32() throws IOException {
    Path file =
        SafetensorsFiles.write(
            directory,
            "{\"x\":{\"dtype\":\"BF16\",\"shape\":[2],\"data_offsets\":[0,4]}}",
            SafetensorsFiles.shorts(0x3f80, 0xc049));

    assertThat(load(file, "x").toFloatArray()).containsExactly(1f, -3.140625f);
  }

  @Test
  void float16IsWidenedToFloat32() throws IOException {
    Path file =
        SafetensorsFiles.write(
            directory,
            "{\"x\":{\"dtype\":\"F16\",\"shape\":[3],\"data_offsets\":[0,6]}}",
            SafetensorsFiles.shorts(0x3c00, 0x0001, 0xfc00));

    assertThat(load(file, "x").toFloatArray())
        .containsExactly(1f, 0x1p-24f, Float.NEGATIVE_INFINITY);
  }

  @Test
  void typeUnsupportedByTheEngineIsRejected() throws IOException {
    Path file =
        SafetensorsFiles.write(
            directory,
            "{\"x\":{\"dtype\":\"F8_E4M3\",\"shape\":[2],\"data_offsets\":[0,2]}}",
            new byte[2]);

    assertThatThrownBy(() -> load(file, "x"))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining("tensor \"x\" is of type F8_E4M3");
  }

  @Test
  void float64IsNotNarrowed() throws IOException {
    Path file = directory.resolve("double.safetensors");
    SafetensorsWriter.write(file, Map.of("x", manager.create(new double[] {1})));
    NDArray target = manager.zeros(new Shape(1), DataType.FLOAT32);

    try (SafetensorsReader reader = SafetensorsReader.open(file)) {
      assertThatThrownBy(() -> reader.read("x", target))
          .isInstanceOf(InvalidSettings.class)
          .hasMessageStartingWith(file + ": x is F64(1), but float32(1) ");
    }
  }

  @Test
  void unknownNameIsRejectedWithTheAvailableNames() throws IOException {
    Path file = directory.resolve("ab.safetensors");
    SafetensorsWriter.write(file, Map.of("a", manager.create(1f), "b", manager.create(1f)));

    assertThatThrownBy(() -> load(file, "c"))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageStartingWith(file.toString())
        .hasMessageContaining("\"c\"")
        .hasMessageEndingWith(": a, b");
  }

  @Test
  void missingFileIsReported() {
    Path file = directory.resolve("absent.safetensors");

    assertThatThrownBy(() -> SafetensorsReader.open(file))
        .isInstanceOf(DamagedFile.class)
        .hasMessage(file + " is damaged: it does not exist");
  }

  @Test
  void existingFileIsKeptIfWritingFails() throws IOException {
    Path file = directory.resolve("x.safetensors");
    SafetensorsWriter.write(file, Map.of("x", manager.create(1f)));
    FaultyDisk disk = new FaultyDisk(1);

    assertThatThrownBy(() -> SafetensorsWriter.write(file, Map.of("x", manager.create(2f)), disk))
        .hasMessageContaining("Cannot write " + file + ": No space left on device");

    assertThat(load(file, "x").getFloat()).isEqualTo(1f);
    assertThat(directory).isDirectoryContaining(path -> path.equals(file));
    assertThat(Files.list(directory)).hasSize(1);
  }

  private NDArray load(Path file, String name) throws IOException {
    try (SafetensorsReader reader = SafetensorsReader.open(file)) {
      return reader.load(name, manager);
    }
  }

  private static byte[] bytes(NDArray array) {
    return array.getShape().size() == 0 ? new byte[0] : array.toByteArray();
  }
}
