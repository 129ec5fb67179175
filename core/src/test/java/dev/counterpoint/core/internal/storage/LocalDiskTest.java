package dev.counterpoint.core.internal.storage;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.SplittableRandom;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class LocalDiskTest {
  @TempDir private Path folder;

  /** Lengths below, at and above the 1 MiB write size. */
  @ParameterizedTest
  @ValueSource(ints = {0, 1, 4095, 1 << 20, (1 << 20) + 1, (3 << 20) - 1, (2 << 20) + 4096})
  void writesFilesOfAnyLength(int length) throws IOException {
    byte[] content = new byte[length];
    new SplittableRandom(1).nextBytes(content);
    Path file = folder.resolve("file");

    new LocalDisk().write(file, channel -> writeInChunks(channel, content));

    assertThat(Files.readAllBytes(file)).isEqualTo(content);
  }

  private static void writeInChunks(WritableByteChannel channel, byte[] content)
      throws IOException {
    ByteBuffer bytes = ByteBuffer.wrap(content);
    for (int chunk = 1; bytes.position() < content.length; chunk = chunk * 3 + 1) {
      bytes.limit(Math.min(content.length, bytes.position() + chunk));
      while (bytes.hasRemaining()) {
        channel.write(bytes);
      }
    }
  }
}
