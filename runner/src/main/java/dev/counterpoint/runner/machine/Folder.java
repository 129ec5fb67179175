package dev.counterpoint.runner.machine;

import dev.counterpoint.core.settings.CacheFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * A folder for output, which may not exist yet.
 *
 * @param path the path of the folder
 * @param writable whether the folder, or its closest existing parent, is writable
 * @param executable whether its file system allows native libraries, that is, is not mounted with
 *     {@code noexec}
 * @param freeBytes the space available to this user in bytes
 */
public record Folder(String path, boolean writable, boolean executable, long freeBytes) {

  static Folder at(Path path) {
    Path existing = path.toAbsolutePath();
    while (Files.notExists(existing) && existing.getParent() != null) {
      existing = existing.getParent();
    }
    return new Folder(
        path.toString(),
        CacheFolder.isWritable(path),
        !isNoexec(existing),
        existing.toFile().getUsableSpace());
  }

  /** What is wrong with a folder for native libraries, and the variable that selects another. */
  Optional<String> problem(String name, String variable) {
    if (writable && executable) {
      return Optional.empty();
    }
    String state = executable ? "not writable" : "on a file system mounted with noexec";
    return Optional.of(
        "the %s %s is %s; set %s to another folder".formatted(name, path, state, variable));
  }

  /** Whether a file system is mounted with noexec; false if not on Linux. */
  private static boolean isNoexec(Path folder) {
    try {
      Path real = folder.toRealPath();
      return Files.readAllLines(Path.of("/proc/self/mounts")).stream()
          .map(line -> List.of(line.split(" ")))
          .filter(mount -> real.startsWith(mount.get(1).replace("\\040", " ")))
          .max(Comparator.comparing(mount -> mount.get(1).length()))
          .filter(mount -> Arrays.asList(mount.get(3).split(",")).contains("noexec"))
          .isPresent();
    } catch (IOException e) {
      return false;
    }
  }
}
