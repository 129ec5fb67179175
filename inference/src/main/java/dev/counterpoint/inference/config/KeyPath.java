package dev.counterpoint.inference.config;

import dev.counterpoint.core.settings.InvalidSettings.Problem;

/** Dotted paths of keys; an entry of a list is named by its index: {@code groups.0.match}. */
final class KeyPath {
  private KeyPath() {}

  static String join(String path, Object key) {
    return path.isEmpty() ? key.toString() : path + "." + key;
  }

  /** The problem, seen from the top. */
  static Problem under(String path, Problem problem) {
    return path.isEmpty() ? problem : problem.under(path);
  }
}
