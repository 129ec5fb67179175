package dev.counterpoint.tasks.cache;

import dev.counterpoint.core.storage.Sha256;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;

/** Writes whole numbers one after another, each in so many bytes, little-endian. */
public final class NumberFile implements Closeable {
  private final FileChannel file;
  private final int width;
  private final ByteBuffer buffer = ByteBuffer.allocate(1 << 16).order(ByteOrder.LITTLE_ENDIAN);
  private final MessageDigest digest = Sha256.begin();

  /**
   * Makes a new file.
   *
   * @param width 2 (without a sign), 4 or 8 bytes
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
      case Short.BYTES -> buffer.putShort((short) number);
      case Integer.BYTES -> buffer.putInt((int) number);
      default -> buffer.putLong(number);
    }
  }

  /** Brings all of it to the disk, and gives the SHA-256 of it. */
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
