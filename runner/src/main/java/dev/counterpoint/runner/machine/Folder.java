package dev.counterpoint.runner.machine;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A folder for output, which may not exist yet.
 *
 * @param path the path of the folder
 * @param writable whether the folder, or its closest existing parent, is writable
 * @param freeBytes the space available to this user in bytes
 */
public record Folder(String path, boolean writable, long freeBytes) {

  static Folder at(Path path) throws IOException {
    Path existing = path.toAbsolutePath();
    while (Files.notExists(existing) && existing.getParent() != null) {
      existing = existing.getParent();
    }
    return new Folder(
        path.toString(), Files.isWritable(existing), Files.getFileStore(existing).getUsableSpace());
  }
}
