package dev.counterpoint.inference.internal.config;

/** Dotted key paths; list entries are addressed by index: {@code groups.0.match}. */
final class KeyPath {
  private KeyPath() {}

  static String join(String path, Object key) {
    return path.isEmpty() ? key.toString() : path + "." + key;
  }
}
