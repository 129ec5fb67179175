package dev.counterpoint.runner.experiment;

import com.google.common.io.Resources;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;

/** The text of a resource of this package. */
final class TextResource {
  private TextResource() {}

  /**
   * Reads a resource in UTF-8.
   *
   * @param name a path relative to this package, or absolute
   */
  static String read(String name) {
    try {
      return Resources.toString(
          Resources.getResource(TextResource.class, name), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
