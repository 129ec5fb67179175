package dev.counterpoint.tasks.internal.cache;

import dev.counterpoint.core.internal.storage.Sha256;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;

/** Writer for a sequence of integers of fixed width, little-endian. */
public final class NumberFile implements Closeable {
  private final FileChannel file;
  private final int width;
  private final ByteBuffer buffer = ByteBuffer.allocate(1 << 16).order(ByteOrder.LITTLE_ENDIAN);
  private final MessageDigest digest = Sha256.begin();

  /**
   * Creates a new file.
   *
   * @param width bytes per number: 1 or 2 (unsigned), 4 or 8
   */
  public NumberFile(Path path, int width) throws IOException {
    this.width = width;
    file = FileChannel.open(path, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
  }

  public void put(long number) throws IOException {
    if (buffer.remaining() < width) {
      flush();
    }
    switch (width) {
      case Byte.BYTES -> buffer.put((byte) number);
      case Short.BYTES -> buffer.putShort((short) number);
      case Integer.BYTES -> buffer.putInt((int) number);
      default -> buffer.putLong(number);
    }
  }

  /** Flushes and syncs the file to disk, and returns the SHA-256 of its content. */
  public byte[] finish() throws IOException {
    flush();
    file.force(true);
    return digest.digest();
  }

  @Override
  public void close() throws IOException {
    file.close();
  }

  private void flush() throws IOException {
    digest.update(buffer.flip());
    buffer.rewind();
    while (buffer.hasRemaining()) {
      file.write(buffer);
    }
    buffer.clear();
  }
}
