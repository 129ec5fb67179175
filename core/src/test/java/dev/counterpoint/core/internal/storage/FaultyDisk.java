package dev.counterpoint.core.internal.storage;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Path;

/**
 * A real disk on which one operation fails, given by its index from 0. Files are written in small
 * chunks, and each chunk counts as one operation. With {@code lasting}, all later operations fail
 * too, as if the process had crashed.
 */
public final class FaultyDisk implements Disk {
  private static final int CHUNK = 200; // bytes

  private final Disk disk = new LocalDisk();
  private final Fault fault;
  private final boolean lasting;
  private int remaining;
  private boolean failed;
  private long usableSpace = Long.MAX_VALUE;

  /** How the operation fails. */
  public enum Fault {
    /** The operation has no effect. */
    BEFORE,
    /** Half of a file chunk is written; other operations have no effect. */
    SHORT_WRITE,
    /** The operation is carried out, but an exception is thrown nevertheless. */
    AFTER
  }

  public FaultyDisk(int changesBefore) {
    this(changesBefore, Fault.BEFORE, false);
  }

  public FaultyDisk(int changesBefore, Fault fault, boolean lasting) {
    this.remaining = changesBefore;
    this.fault = fault;
    this.lasting = lasting;
  }

  public static FaultyDisk faultless() {
    return new FaultyDisk(Integer.MAX_VALUE);
  }

  public FaultyDisk withUsableSpace(long bytes) {
    usableSpace = bytes;
    return this;
  }

  public boolean failed() {
    return failed;
  }

  /** One operation on the disk. */
  @FunctionalInterface
  private interface Change {
    void run() throws IOException;
  }

  private void change(Change change) throws IOException {
    change(change, () -> {});
  }

  private void change(Change complete, Change half) throws IOException {
    if (failed && lasting) {
      throw full();
    }
    if (remaining > 0 || failed) {
      remaining--;
      complete.run();
      return;
    }
    failed = true;
    if (fault == Fault.AFTER) {
      complete.run();
    } else if (fault == Fault.SHORT_WRITE) {
      half.run();
    }
    throw full();
  }

  private static IOException full() {
    return new IOException("No space left on device");
  }

  @Override
  public void createDirectory(Path directory) throws IOException {
    change(() -> disk.createDirectory(directory));
  }

  @Override
  public void write(Path file, Content content) throws IOException {
    change(() -> {});
    disk.write(file, channel -> content.writeTo(new Faulty(channel)));
    change(() -> {});
  }

  @Override
  public void rename(Path from, Path to) throws IOException {
    change(() -> disk.rename(from, to));
  }

  @Override
  public void force(Path directory) throws IOException {
    change(() -> disk.force(directory));
  }

  @Override
  public void delete(Path tree) throws IOException {
    change(() -> disk.delete(tree));
  }

  @Override
  public long usableSpace(Path directory) {
    return usableSpace;
  }

  private final class Faulty implements WritableByteChannel {
    private final WritableByteChannel channel;

    Faulty(WritableByteChannel channel) {
      this.channel = channel;
    }

    @Override
    public int write(ByteBuffer bytes) throws IOException {
      int before = bytes.position();
      int count = Math.min(CHUNK, bytes.remaining());
      change(() -> writeSome(bytes, count), () -> writeSome(bytes, count / 2));
      return bytes.position() - before;
    }

    private void writeSome(ByteBuffer bytes, int count) throws IOException {
      ByteBuffer chunk = bytes.duplicate().limit(bytes.position() + count);
      bytes.position(bytes.position() + count);
      while (chunk.hasRemaining()) {
        channel.write(chunk);
      }
    }

    @Override
    public boolean isOpen() {
      return channel.isOpen();
    }

    @Override
    public void close() throws IOException {
      channel.close();
    }
  }
}
