package dev.counterpoint.core.checkpoint;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Path;

/**
 * A real disk on which the change of a given number fails, counted from 0; every piece of a file
 * counts as one. {@link #crash} fails all that follow too, as if the process were gone.
 */
final class FaultyDisk implements Disk {
  private final Disk disk = new LocalDisk();
  private int left;
  private boolean lasting;
  private boolean failed;
  private long room = Long.MAX_VALUE;

  FaultyDisk(int changesBefore) {
    left = changesBefore;
  }

  static FaultyDisk sound() {
    return new FaultyDisk(Integer.MAX_VALUE);
  }

  static FaultyDisk crash(int changesBefore) {
    FaultyDisk disk = new FaultyDisk(changesBefore);
    disk.lasting = true;
    return disk;
  }

  FaultyDisk withRoom(long bytes) {
    room = bytes;
    return this;
  }

  boolean failed() {
    return failed;
  }

  private void change() throws IOException {
    if (left == 0 && (lasting || !failed)) {
      failed = true;
      throw new IOException("No space left on device");
    }
    left = Math.max(0, left - 1);
  }

  @Override
  public void createDirectory(Path directory) throws IOException {
    change();
    disk.createDirectory(directory);
  }

  @Override
  public void write(Path file, Content content) throws IOException {
    change();
    disk.write(file, channel -> content.writeTo(new Faulty(channel)));
    change();
  }

  @Override
  public void rename(Path from, Path to) throws IOException {
    change();
    disk.rename(from, to);
  }

  @Override
  public void force(Path directory) throws IOException {
    change();
    disk.force(directory);
  }

  @Override
  public void delete(Path tree) throws IOException {
    change();
    disk.delete(tree);
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
      change();
      return channel.write(bytes);
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
