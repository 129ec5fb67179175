package dev.counterpoint.core.storage;

import java.io.IOException;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Path;

/** Everything that saving changes on a disk, at one narrow point, so that each may fail in turn. */
public interface Disk {
  /** Makes a directory; that it is there already is no failure, its parent must be. */
  void createDirectory(Path directory) throws IOException;

  /** Writes a new file and returns when its content is on the disk itself. */
  void write(Path file, Content content) throws IOException;

  /** Gives a file or directory another name in the same directory, in one step. */
  void rename(Path from, Path to) throws IOException;

  /** Returns when the names in a directory are on the disk itself. */
  void force(Path directory) throws IOException;

  /** Removes a file or a whole directory; that there is none is no failure. */
  void delete(Path tree) throws IOException;

  /** Bytes that can still be written where the directory lies. */
  long room(Path directory) throws IOException;

  /** What goes into a file. */
  @FunctionalInterface
  interface Content {
    void writeTo(WritableByteChannel channel) throws IOException;
  }
}
