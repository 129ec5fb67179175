package dev.counterpoint.runner.machine;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A folder that is written to, which need not be there yet.
 *
 * @param freeBytes what this user may still write into it
 */
public record Folder(String path, boolean writable, long freeBytes) {

  static Folder at(Path path) throws IOException {
    Path there = path.toAbsolutePath();
    while (Files.notExists(there) && there.getParent() != null) {
      there = there.getParent();
    }
    return new Folder(
        path.toString(), Files.isWritable(there), Files.getFileStore(there).getUsableSpace());
  }
}
