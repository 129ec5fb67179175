package dev.counterpoint.core.internal.storage;

import java.io.IOException;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Path;

/**
 * The file-system operations used for saving. They are behind one interface so that tests can make
 * each operation fail.
 */
public interface Disk {
  /** Creates a directory if it does not exist; its parent must exist. */
  void createDirectory(Path directory) throws IOException;

  /** Writes a new file and returns after its content is flushed to disk (fsync). */
  void write(Path file, Content content) throws IOException;

  /** Atomically renames a file or directory within the same directory. */
  void rename(Path from, Path to) throws IOException;

  /** Returns after the directory's entries are flushed to disk (fsync). */
  void force(Path directory) throws IOException;

  /** Deletes a file or a directory tree if it exists. */
  void delete(Path tree) throws IOException;

  /** The free space of the directory's file system in bytes. */
  long usableSpace(Path directory) throws IOException;

  /** Writes the content of a file. */
  @FunctionalInterface
  interface Content {
    void writeTo(WritableByteChannel channel) throws IOException;
  }
}
