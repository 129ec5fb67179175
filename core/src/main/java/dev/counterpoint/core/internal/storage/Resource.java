package dev.counterpoint.core.internal.storage;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;

/** Reads text files on the class path. */
public final class Resource {
  private Resource() {}

  /**
   * Reads a resource in UTF-8.
   *
   * @param owner a class in the package of the resource
   * @param name a path relative to this package, or absolute
   * @throws IllegalStateException if the resource does not exist
   */
  public static String read(Class<?> owner, String name) {
    try (InputStream resource = owner.getResourceAsStream(name)) {
      if (resource == null) {
        throw new IllegalStateException(
            "The resource " + name + " of " + owner.getName() + " does not exist.");
      }
      return new String(resource.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
