package dev.counterpoint.core.safetensors;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Device;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import com.sun.management.ThreadMXBean;
import dev.counterpoint.core.kernel.Torch;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Reads a sparse file of more than 4 GiB with a tensor of more than 2 GiB. */
class LargeFileTest {
  private static final long LARGE = (1L << 31) + 24; // bytes
  private static final long HUGE = (1L << 32) + 8;

  @TempDir private Path directory;
  private Path file;
  private SafetensorsHeader header;

  @BeforeEach
  void writeFile() throws IOException {
    file = directory.resolve("large.safetensors");
    header =
        SafetensorsHeader.layOut(
            List.of(
                withoutRange("huge", StoredType.F64, HUGE / 8),
                withoutRange("large", StoredType.F32, LARGE / 4),
                withoutRange("small", StoredType.I8, 3)));
    ByteBuffer encoded = header.encode();
    long dataStart = encoded.remaining();
    try (FileChannel channel =
        FileChannel.open(
            file,
            StandardOpenOption.CREATE_NEW,
            StandardOpenOption.SPARSE,
            StandardOpenOption.WRITE)) {
      channel.write(encoded, 0);
      ByteBuffer last = ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putFloat(1.5f);
      channel.write(last.flip(), dataStart + HUGE + LARGE - 4);
      channel.write(ByteBuffer.wrap(new byte[] {7, 8, 9}), dataStart + HUGE + LARGE);
    }
  }

  private static StoredTensor withoutRange(String name, StoredType type, long length) {
    return new StoredTensor(name, type, new Shape(length), 0, 0);
  }

  @Test
  void readsATensorBeyondFourGigabytes() throws IOException {
    try (SafetensorsReader reader = SafetensorsReader.open(file);
        NDManager manager = Torch.newManager(Device.cpu())) {
      assertThat(reader.tensors().get("small").begin()).isEqualTo(HUGE + LARGE);
      assertThat(reader.load("small", manager).toByteArray()).containsExactly(7, 8, 9);
    }
  }

  @Test
  void streamsATensorOfMoreThanTwoGigabytes() throws IOException {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long before = threads.getCurrentThreadAllocatedBytes();
    long[] read = {0};
    float[] last = {0};
    try (SafetensorsReader reader = SafetensorsReader.open(file)) {
      reader.send(
          reader.tensors().get("large"),
          bytes -> {
            read[0] += bytes.remaining();
            last[0] = bytes.getFloat(bytes.limit() - 4);
          });
    }

    assertThat(read[0]).isEqualTo(LARGE);
    assertThat(last[0]).isEqualTo(1.5f);
    assertThat(threads.getCurrentThreadAllocatedBytes() - before).isLessThan(1 << 20);
  }
}
