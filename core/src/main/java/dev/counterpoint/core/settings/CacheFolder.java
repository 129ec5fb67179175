package dev.counterpoint.core.settings;

import java.nio.file.Path;

/**
 * The user's cache folder for data that is expensive to compute, such as tokenized text and
 * built-in tables. It may be deleted at any time.
 */
public final class CacheFolder {
  private CacheFolder() {}

  /**
   * The absolute path of the cache folder: the environment variable {@code COUNTERPOINT_CACHE}, or
   * {@code counterpoint} in {@code XDG_CACHE_HOME}, or {@code ~/.cache/counterpoint}.
   */
  public static Path path() {
    String configured = System.getenv("COUNTERPOINT_CACHE");
    if (configured != null && !configured.isEmpty()) {
      return Path.of(configured).toAbsolutePath();
    }
    String xdgCacheHome = System.getenv("XDG_CACHE_HOME");
    Path caches =
        xdgCacheHome != null && !xdgCacheHome.isEmpty()
            ? Path.of(xdgCacheHome)
            : Path.of(System.getProperty("user.home"), ".cache");
    return caches.resolve("counterpoint").toAbsolutePath();
  }
}
