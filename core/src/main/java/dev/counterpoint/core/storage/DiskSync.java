package dev.counterpoint.core.storage;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** Waits until what the system may still hold in its memory is on the disk itself. */
public final class DiskSync {
  private DiskSync() {}

  /** The content of a file that is there. */
  public static void ofFile(Path file) throws IOException {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      channel.force(true);
    }
  }

  /** The names in a directory. */
  public static void ofDirectory(Path directory) throws IOException {
    // Windows opens no directory as a file, and writes its names through by itself.
    if (directory.getFileSystem().supportedFileAttributeViews().contains("posix")) {
      try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
        channel.force(true);
      }
    }
  }
}
