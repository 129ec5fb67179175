package dev.counterpoint.core.storage;

import com.sun.nio.file.ExtendedOpenOption;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;

/**
 * A new file that goes to the disk past the system's cache of files, where the file system can do
 * that: nobody reads a checkpoint soon, and to put 400 MB into the cache takes up to a second of a
 * processor that the training has use for (past it: 0.03 seconds). Elsewhere, and at the end of the
 * file, where less than a block is left, it goes the ordinary way.
 */
final class UncachedFile implements WritableByteChannel {
  /** Bytes of one write: few enough to lie in the processor's cache still. */
  private static final int AT_ONCE = 1 << 20;

  /** What addresses, places and lengths must be a multiple of. */
  private static final int BLOCK = 4096;

  private final Path path;
  private final FileChannel cached;
  private @Nullable FileChannel direct;
  private final ByteBuffer waiting;
  private long written;

  /** Makes the file, which must not be there yet. */
  UncachedFile(Path path) throws IOException {
    this.path = path;
    this.waiting =
        ByteBuffer.allocateDirect(AT_ONCE + BLOCK - 1).alignedSlice(BLOCK).limit(AT_ONCE);
    this.cached = FileChannel.open(path, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
  }

  /** Takes as many bytes as there is room for until the next write to the disk. */
  @Override
  public int write(ByteBuffer bytes) throws IOException {
    int count = Math.min(bytes.remaining(), waiting.remaining());
    waiting.put(bytes.slice().limit(count));
    bytes.position(bytes.position() + count);
    if (!waiting.hasRemaining()) {
      if (written == 0) {
        openDirect();
      }
      writeWaiting();
    }
    return count;
  }

  private void openDirect() {
    try {
      direct = FileChannel.open(path, StandardOpenOption.WRITE, ExtendedOpenOption.DIRECT);
    } catch (IOException | UnsupportedOperationException e) {
      direct = null;
    }
  }

  private void writeWaiting() throws IOException {
    waiting.flip();
    while (waiting.hasRemaining()) {
      written += writeSome();
    }
    waiting.clear().limit(AT_ONCE);
  }

  /** What the direct way refuses goes the other; a disk that is full refuses both. */
  private int writeSome() throws IOException {
    if (direct != null) {
      try {
        return direct.write(waiting, written);
      } catch (IOException e) {
        direct.close();
        direct = null;
      }
    }
    return cached.write(waiting, written);
  }

  /** Writes what is left, and returns when all is on the disk itself. */
  void finish() throws IOException {
    if (direct != null) {
      direct.close();
      direct = null;
    }
    writeWaiting();
    cached.force(true);
  }

  @Override
  public boolean isOpen() {
    return cached.isOpen();
  }

  @Override
  public void close() throws IOException {
    try {
      if (direct != null) {
        direct.close();
      }
    } finally {
      cached.close();
    }
  }
}
