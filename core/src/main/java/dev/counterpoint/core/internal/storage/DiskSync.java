package dev.counterpoint.core.internal.storage;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** Flushes files and directories from the operating system's cache to disk (fsync). */
public final class DiskSync {
  private DiskSync() {}

  /** Flushes the content of an existing file. */
  public static void ofFile(Path file) throws IOException {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      channel.force(true);
    }
  }

  /** Flushes the entries of a directory. */
  public static void ofDirectory(Path directory) throws IOException {
    // Windows cannot open a directory as a file, and flushes its entries itself.
    if (directory.getFileSystem().supportedFileAttributeViews().contains("posix")) {
      try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
        channel.force(true);
      }
    }
  }
}
