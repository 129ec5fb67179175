package dev.counterpoint.core.settings;

import java.nio.file.Path;

/**
 * Where what takes long to make is kept: tokenized text, built-in tables. It may be deleted at any
 * time.
 */
public final class CacheFolder {
  private CacheFolder() {}

  /**
   * {@code COUNTERPOINT_CACHE}, or {@code counterpoint} in {@code XDG_CACHE_HOME} or {@code
   * ~/.cache}.
   */
  public static Path path() {
    String own = System.getenv("COUNTERPOINT_CACHE");
    if (own != null && !own.isEmpty()) {
      return Path.of(own).toAbsolutePath();
    }
    String shared = System.getenv("XDG_CACHE_HOME");
    Path caches =
        shared != null && !shared.isEmpty()
            ? Path.of(shared)
            : Path.of(System.getProperty("user.home"), ".cache");
    return caches.resolve("counterpoint").toAbsolutePath();
  }
}
