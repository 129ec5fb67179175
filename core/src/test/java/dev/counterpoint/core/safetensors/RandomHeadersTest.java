package dev.counterpoint.core.safetensors;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import ai.djl.Device;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import com.sun.management.ThreadMXBean;
import dev.counterpoint.core.internal.storage.DamagedFile;
import dev.counterpoint.core.kernel.Torch;
import dev.counterpoint.core.settings.InvalidSettings;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Fuzz test of the safetensors header: every random edit is either read, or rejected with a message
 * that names the file and the location of the problem.
 */
class RandomHeadersTest {
  private static final List<String> NUMBERS =
      List.of(
          "0",
          "1",
          "-1",
          "7",
          "24",
          "1.5",
          "1e3",
          "2147483648",
          "4611686018427387904",
          "9223372036854775807",
          "9223372036854775808",
          "18446744073709551616",
          "1e400",
          "null",
          "\"4\"",
          "[]",
          "{}",
          "true");
  private static final List<String> WORDS =
      List.of("F32", "F64", "BF16", "I8", "U64", "f32", "X", "", "first", "dtype", "__metadata__");

  /** Messages that name the file and the location within it. */
  private static final Pattern LOCATED =
      Pattern.compile(
          ".*edited\\.safetensors (is damaged|has|lacks).*"
              + "(tensor|header|bytes|__metadata__|data_offsets|too short|metadata).*|"
              + ".*edited\\.safetensors: tensor .* is of type .*",
          Pattern.DOTALL);

  private static final long HEAP_LIMIT = 4 << 20; // bytes per edit

  @TempDir private Path directory;

  @Test
  @Timeout(120)
  void everyEditIsReadOrRejectedWithAMessage() throws IOException {
    Random random = new Random(20260102);
    byte[] file = validFile();
    int read = 0;
    int rejected = 0;
    for (int i = 0; i < 1000; i++) {
      byte[] edited = file;
      for (int edits = 1 + random.nextInt(3); edits > 0; edits--) {
        edited = edit(edited, random);
      }
      if (isReadable(edited)) {
        read++;
      } else {
        rejected++;
      }
    }
    assertThat(read).isGreaterThan(20);
    assertThat(rejected).isGreaterThan(500);
  }

  private byte[] validFile() throws IOException {
    Path file = directory.resolve("valid.safetensors");
    try (NDManager manager = Torch.newManager(Device.cpu())) {
      SafetensorsWriter.write(
          file,
          Map.of(
              "first", manager.ones(new Shape(2, 3)),
              "second.weight", manager.ones(new Shape(4)),
              "third", manager.create(5L)));
    }
    return Files.readAllBytes(file);
  }

  private boolean isReadable(byte[] edited) throws IOException {
    Path file = Files.write(directory.resolve("edited.safetensors"), edited);
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long before = threads.getCurrentThreadAllocatedBytes();
    try {
      readAll(file);
      return true;
    } catch (DamagedFile | InvalidSettings e) {
      assertThat(e.getMessage()).matches(LOCATED);
      return false;
    } catch (IOException | RuntimeException | StackOverflowError e) {
      return fail("Failed with an unexpected exception: " + header(edited), e);
    } finally {
      assertThat(threads.getCurrentThreadAllocatedBytes() - before).isLessThan(HEAP_LIMIT);
    }
  }

  private static void readAll(Path file) throws IOException {
    try (SafetensorsReader reader = SafetensorsReader.open(file);
        NDManager manager = Torch.newManager(Device.cpu())) {
      for (String name : reader.tensors().keySet()) {
        assertThat(reader.load(name, manager).getShape())
            .isEqualTo(reader.tensors().get(name).shape());
      }
    }
  }

  private static byte[] edit(byte[] file, Random random) {
    switch (random.nextInt(8)) {
      case 0:
        return Arrays.copyOf(file, random.nextInt(file.length + 16));
      case 1:
        byte[] flipped = file.clone();
        if (flipped.length > 0) {
          flipped[random.nextInt(Math.min(flipped.length, 300))] = (byte) random.nextInt(256);
        }
        return flipped;
      case 2:
        byte[] longer = file.clone();
        if (longer.length >= 8) {
          long[] lengths = {0, 1, 7, -1, Long.MAX_VALUE, 100_000_000, 100_000_001, longer.length};
          ByteBuffer.wrap(longer)
              .order(ByteOrder.LITTLE_ENDIAN)
              .putLong(lengths[random.nextInt(lengths.length)]);
        }
        return longer;
      default:
        return editText(file, random);
    }
  }

  /** Replaces one number or string in the JSON and adjusts the header length. */
  private static byte[] editText(byte[] file, Random random) {
    String json = header(file);
    if (json.isEmpty()) {
      return file;
    }
    boolean number = random.nextBoolean();
    Matcher tokens = Pattern.compile(number ? "\\b\\d+\\b" : "(?<=\")[\\w.]+(?=\")").matcher(json);
    List<int[]> ranges =
        tokens.results().map(token -> new int[] {token.start(), token.end()}).toList();
    if (ranges.isEmpty()) {
      return file;
    }
    int[] range = ranges.get(random.nextInt(ranges.size()));
    List<String> values = number ? NUMBERS : WORDS;
    byte[] text =
        (json.substring(0, range[0])
                + values.get(random.nextInt(values.size()))
                + json.substring(range[1]))
            .getBytes(StandardCharsets.ISO_8859_1);
    int data = 8 + json.length();
    return ByteBuffer.allocate(8 + text.length + file.length - data)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putLong(text.length)
        .put(text)
        .put(file, data, file.length - data)
        .array();
  }

  private static String header(byte[] file) {
    long length =
        file.length < 8 ? 0 : ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN).getLong();
    return length <= 0 || length > file.length - 8
        ? ""
        : new String(file, 8, (int) length, StandardCharsets.ISO_8859_1);
  }
}
