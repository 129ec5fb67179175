package dev.counterpoint.core.storage;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Path;

/**
 * A real disk on which the change of a given number fails, counted from 0; every piece of a file
 * counts as one, and a file is written in small ones. {@link #crash} fails all that follow too, as
 * if the process were gone.
 */
public final class FaultyDisk implements Disk {
  private static final int PIECE = 200; // bytes

  private final Disk disk = new LocalDisk();
  private final Fault fault;
  private final boolean lasting;
  private int left;
  private boolean failed;
  private long room = Long.MAX_VALUE;

  /** How the change fails. */
  public enum Fault {
    /** Nothing of it is done. */
    BEFORE,
    /** Half of a piece of a file is written; of all else nothing is done. */
    SHORT_WRITE,
    /** It is done, but whoever asked for it is told that it failed, or is gone. */
    AFTER
  }

  public FaultyDisk(int changesBefore) {
    this(changesBefore, Fault.BEFORE, false);
  }

  public FaultyDisk(int changesBefore, Fault fault, boolean lasting) {
    this.left = changesBefore;
    this.fault = fault;
    this.lasting = lasting;
  }

  public static FaultyDisk sound() {
    return new FaultyDisk(Integer.MAX_VALUE);
  }

  public FaultyDisk withRoom(long bytes) {
    room = bytes;
    return this;
  }

  public boolean failed() {
    return failed;
  }

  /** What is asked of the disk. */
  @FunctionalInterface
  private interface Change {
    void make() throws IOException;
  }

  private void change(Change change) throws IOException {
    change(change, () -> {});
  }

  private void change(Change whole, Change half) throws IOException {
    if (failed && lasting) {
      throw full();
    }
    if (left > 0 || failed) {
      left--;
      whole.make();
      return;
    }
    failed = true;
    if (fault == Fault.AFTER) {
      whole.make();
    } else if (fault == Fault.SHORT_WRITE) {
      half.make();
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
  public long room(Path directory) {
    return room;
  }

  private final class Faulty implements WritableByteChannel {
    private final WritableByteChannel channel;

    Faulty(WritableByteChannel channel) {
      this.channel = channel;
    }

    @Override
    public int write(ByteBuffer bytes) throws IOException {
      int before = bytes.position();
      int count = Math.min(PIECE, bytes.remaining());
      change(() -> writeSome(bytes, count), () -> writeSome(bytes, count / 2));
      return bytes.position() - before;
    }

    private void writeSome(ByteBuffer bytes, int count) throws IOException {
      ByteBuffer piece = bytes.duplicate().limit(bytes.position() + count);
      bytes.position(bytes.position() + count);
      while (piece.hasRemaining()) {
        channel.write(piece);
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
