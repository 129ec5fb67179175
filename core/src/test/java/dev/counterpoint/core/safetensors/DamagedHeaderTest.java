package dev.counterpoint.core.safetensors;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.Device;
import ai.djl.ndarray.NDManager;
import dev.counterpoint.core.internal.storage.DamagedFile;
import dev.counterpoint.core.kernel.Torch;
import dev.counterpoint.core.settings.InvalidSettings;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DamagedHeaderTest {
  @TempDir Path directory;

  @ParameterizedTest
  @CsvSource(
      quoteCharacter = '`',
      delimiter = '|',
      textBlock =
          """
          [1]                                                          | does not start with {
          {"x":                                                        | not valid JSON
          {} {}                                                        | not valid JSON
          {"x":1}                                                      | tensor "x" must have exactly
          {"x":{"dtype":"F32","shape":[2]}}                            | tensor "x" must have exactly
          {"x":{"dtype":"F31","shape":[2],"data_offsets":[0,8]}}       | tensor "x" has the unknown dtype "F31"
          {"x":{"dtype":7,"shape":[2],"data_offsets":[0,8]}}           | tensor "x" has the unknown dtype "7"
          {"x":{"dtype":"F32","shape":2,"data_offsets":[0,8]}}         | tensor "x": shape is not a list
          {"x":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}}      | tensor "x": shape is not a list
          {"x":{"dtype":"F32","shape":[2.0],"data_offsets":[0,8]}}     | tensor "x": shape is not a list
          {"x":{"dtype":"F32","shape":[2],"data_offsets":[0]}}         | tensor "x" has the invalid byte range [0]
          {"x":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}}       | tensor "x" has the invalid byte range [8, 0]
          {"x":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}}       | tensor "x" (bytes 0 to 8): shape [3] of F32 needs 12 bytes
          {"x":{"dtype":"F32","shape":[9999999999,9999999999],"data_offsets":[0,8]}} | tensor "x" (bytes 0 to 8): shape [9999999999, 9999999999] is too large
          {"x":{"dtype":"F32","shape":[4],"data_offsets":[0,16]}}      | tensor "x" (bytes 0 to 16) exceeds the file's 8 bytes
          {"x":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}       | tensor "x" (bytes 4 to 8) leaves a gap
          {"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}       | 4 trailing bytes
          {"x":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"y":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}} | tensor "y" (bytes 4 to 8) overlaps
          {"x":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"x":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}} | Duplicate field 'x'
          {"__metadata__":{"a":1},"x":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}} | __metadata__.a is not a string
          {"__metadata__":[],"x":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}      | __metadata__ is not an object
          """)
  void invalidHeaderIsRejectedWithTensorAndByteRange(String header, String problem)
      throws IOException {
    Path file = SafetensorsFiles.write(directory, header, new byte[8]);

    assertThatThrownBy(() -> SafetensorsReader.open(file))
        .isInstanceOf(DamagedFile.class)
        .hasMessageStartingWith(file + " is damaged: ")
        .hasMessageContaining(problem);
  }

  @ParameterizedTest
  @CsvSource({"-1", "3", "9223372036854775807", "100000001"})
  void invalidHeaderLengthIsRejected(long length) throws IOException {
    Path file = SafetensorsFiles.write(directory, length, new byte[] {'{', '}'}, new byte[0]);

    assertThatThrownBy(() -> SafetensorsReader.open(file))
        .isInstanceOf(DamagedFile.class)
        .hasMessageContaining(Long.toUnsignedString(length) + " bytes");
  }

  @Test
  void fileShorterThanAHeaderLengthIsRejected() throws IOException {
    Path file = Files.write(directory.resolve("short.safetensors"), new byte[5]);

    assertThatThrownBy(() -> SafetensorsReader.open(file))
        .isInstanceOf(DamagedFile.class)
        .hasMessageContaining("5 bytes");
  }

  @Test
  void headerThatIsNotUtf8IsRejected() throws IOException {
    byte[] json = {'{', '"', (byte) 0xff, '"', '}'};
    Path file = SafetensorsFiles.write(directory, json.length, json, new byte[0]);

    assertThatThrownBy(() -> SafetensorsReader.open(file))
        .isInstanceOf(DamagedFile.class)
        .hasMessageContaining("not UTF-8");
  }

  @Test
  void tensorTruncatedAfterOpeningIsReported() throws IOException {
    try (NDManager manager = Torch.newManager(Device.cpu())) {
      Path file = directory.resolve("cut.safetensors");
      SafetensorsWriter.write(file, Map.of("x", manager.create(new float[] {1, 2})));
      try (SafetensorsReader reader = SafetensorsReader.open(file)) {
        byte[] bytes = Files.readAllBytes(file);
        Files.write(file, Arrays.copyOf(bytes, bytes.length - 4));

        assertThatThrownBy(() -> reader.load("x", manager))
            .isInstanceOf(DamagedFile.class)
            .hasMessageContaining("tensor \"x\" (bytes 0 to 8) cannot be read");
      }
    }
  }

  @Test
  void editedFileIsReportedAsDamagedOrRead() throws IOException {
    byte[] valid;
    try (NDManager manager = Torch.newManager(Device.cpu())) {
      Path file = directory.resolve("valid.safetensors");
      SafetensorsWriter.write(
          file,
          Map.of(
              "a.b", manager.create(new float[] {1, 2, 3}), "c", manager.create(new long[] {4})));
      valid = Files.readAllBytes(file);
    }
    Random random = new Random(7);
    int damaged = 0;
    for (int i = 0; i < 600; i++) {
      byte[] edited = edit(valid, random);
      damaged += isDamaged(Files.write(directory.resolve("edited.safetensors"), edited)) ? 1 : 0;
    }
    assertThat(damaged).isBetween(300, 599);
  }

  private static final byte[] SYNTAX_CHARACTERS =
      "{}[]\",:-0123456789 \u0000eE.\\".getBytes(StandardCharsets.UTF_8);

  private static byte[] edit(byte[] valid, Random random) {
    byte[] bytes = valid.clone();
    int edits = 1 + random.nextInt(3);
    for (int i = 0; i < edits; i++) {
      int position = random.nextInt(bytes.length);
      switch (random.nextInt(3)) {
        case 0 -> bytes[position] = (byte) random.nextInt(256);
        case 1 -> bytes[position] = SYNTAX_CHARACTERS[random.nextInt(SYNTAX_CHARACTERS.length)];
        default -> {
          if (random.nextInt(4) == 0) {
            bytes = Arrays.copyOf(bytes, position + 1);
          } else {
            bytes[position] ^= (byte) (1 << random.nextInt(8));
          }
        }
      }
    }
    return bytes;
  }

  private static boolean isDamaged(Path file) throws IOException {
    try (SafetensorsReader reader = SafetensorsReader.open(file);
        NDManager manager = Torch.newManager(Device.cpu())) {
      for (String name : reader.tensors().keySet()) {
        reader.load(name, manager);
      }
      return false;
    } catch (DamagedFile e) {
      return true;
    } catch (InvalidSettings e) {
      assertThat(e).hasMessageContaining(" is of type ");
      return false;
    }
  }
}
