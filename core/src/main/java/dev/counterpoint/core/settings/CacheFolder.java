package dev.counterpoint.core.settings;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Map;

/**
 * The user's cache folder for data that is expensive to compute, such as tokenized text, built-in
 * tables and unpacked native libraries. It may be deleted at any time.
 */
public final class CacheFolder {
  /** The environment variable with the path of the folder. */
  public static final String VARIABLE = "COUNTERPOINT_CACHE";

  private CacheFolder() {}

  /**
   * The absolute path of the cache folder: the environment variable {@code COUNTERPOINT_CACHE}, or
   * {@code counterpoint} in {@code XDG_CACHE_HOME}, or {@code ~/.cache/counterpoint}. If that is
   * not writable, as in a container with an arbitrary user, it is a private folder of the user in
   * the folder for temporary files.
   *
   * @throws InvalidSettings if another user can write to it, or replace a folder above it
   */
  public static Path path() {
    Path folder =
        find(
            System.getenv(),
            System.getProperty("user.home", "?"),
            Path.of(System.getProperty("java.io.tmpdir")));
    try {
      FileAccess.requireSafe(folder, "the cache", VARIABLE);
      return folder;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static Path find(Map<String, String> environment, String home, Path temporary) {
    String configured = environment.getOrDefault(VARIABLE, "");
    if (!configured.isEmpty()) {
      return Path.of(configured).toAbsolutePath();
    }
    String xdgCacheHome = environment.getOrDefault("XDG_CACHE_HOME", "");
    if (xdgCacheHome.isEmpty() && home.equals("?")) { // Java's value for an unknown user
      return inTemporary(temporary);
    }
    Path caches = xdgCacheHome.isEmpty() ? Path.of(home, ".cache") : Path.of(xdgCacheHome);
    Path cache = caches.resolve("counterpoint").toAbsolutePath();
    return isWritable(cache) ? cache : inTemporary(temporary);
  }

  /** Whether a folder, or its closest existing parent if it does not exist, is writable. */
  public static boolean isWritable(Path folder) {
    Path existing = folder.toAbsolutePath();
    while (Files.notExists(existing) && existing.getParent() != null) {
      existing = existing.getParent();
    }
    return Files.isDirectory(existing) && Files.isWritable(existing);
  }

  /** The cache folder in {@code temporary}; rejected if other users could place libraries there. */
  private static Path inTemporary(Path temporary) {
    try {
      Path folder = temporary.resolve("counterpoint-" + FileAccess.user()).toAbsolutePath();
      if (Files.notExists(folder, LinkOption.NOFOLLOW_LINKS) && isWritable(folder)) {
        FileAccess.createPrivateFolder(folder);
      }
      if (Files.isSymbolicLink(folder) || FileAccess.exposure(folder).isPresent()) {
        throw new InvalidSettings(
            "%s is not a private folder of this user; set %s to a writable folder.",
            folder, VARIABLE);
      }
      return folder;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
