package dev.counterpoint.inference.internal.config;

import dev.counterpoint.core.settings.InvalidSettings.Problem;

/** Dotted key paths; list entries are addressed by index: {@code groups.0.match}. */
final class KeyPath {
  private KeyPath() {}

  static String join(String path, Object key) {
    return path.isEmpty() ? key.toString() : path + "." + key;
  }

  /** The problem with its key prefixed by a path. */
  static Problem under(String path, Problem problem) {
    return path.isEmpty() ? problem : problem.under(path);
  }
}
