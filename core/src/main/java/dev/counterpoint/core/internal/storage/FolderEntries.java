package dev.counterpoint.core.internal.storage;

import dev.counterpoint.core.settings.InvalidSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** Lists folders. */
public final class FolderEntries {
  private FolderEntries() {}

  /** The files and folders in a folder, sorted by name; none if the folder does not exist. */
  public static List<Path> of(Path folder) throws IOException {
    if (!Files.isDirectory(folder)) {
      return List.of();
    }
    try (Stream<Path> entries = Files.list(folder)) {
      return entries.sorted().toList();
    }
  }

  /** Whether a path is a file or a folder, and not a link, a pipe or a device. */
  public static boolean isPlain(Path path) {
    return Files.isRegularFile(path, LinkOption.NOFOLLOW_LINKS)
        || Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS);
  }

  /**
   * Requires an untrusted folder to contain only files and folders: reading a pipe or a device
   * might never end.
   *
   * @param depth the number of levels of folders
   * @throws InvalidSettings if it has something else, or a link to it
   */
  public static void requireFiles(Path folder, int depth) throws IOException {
    try (Stream<Path> entries =
        Files.isDirectory(folder) ? Files.walk(folder, depth) : Stream.empty()) {
      for (Path entry : entries.toList()) {
        if (Files.exists(entry) && !Files.isRegularFile(entry) && !Files.isDirectory(entry)) {
          throw new InvalidSettings("%s is neither a file nor a folder; delete it.", entry);
        }
      }
    }
  }
}
