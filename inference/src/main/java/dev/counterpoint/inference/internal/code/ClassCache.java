package dev.counterpoint.inference.internal.code;

import com.fasterxml.jackson.core.type.TypeReference;
import dev.counterpoint.core.internal.storage.AtomicFile;
import dev.counterpoint.core.internal.storage.Json;
import dev.counterpoint.core.internal.storage.Sha256;
import dev.counterpoint.core.settings.FileAccess;
import dev.counterpoint.core.settings.InvalidSettings;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.security.MessageDigest;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * Compiled classes of source files in the user's cache folder, because the first compilation of a
 * JVM takes most of a second. The name of a file is a hash of everything that the compiler reads:
 * names and contents of the sources; sizes and times of the jars; the version of Java. The folder
 * is private to the user, and a file ends with the hash of its content.
 */
final class ClassCache {
  private static final String FOLDER = "classes";
  private static final String FORMAT = "2"; // JSON: Base64 by name
  private static final int HASH_LENGTH = 64; // hexadecimal digits at the end of the file

  private final Path file;

  private ClassCache(Path file) {
    this.file = file;
  }

  /**
   * The place of the classes of some sources; empty if they cannot be cached, because there is no
   * cache folder, or the class path has a folder, whose classes may change.
   *
   * @param cache the user's cache folder
   */
  static Optional<ClassCache> of(
      Supplier<Path> cache, Map<Path, String> sources, List<Path> classPath) {
    MessageDigest digest = Sha256.begin();
    add(FORMAT, digest);
    try {
      for (Map.Entry<Path, String> source : sources.entrySet()) {
        add(String.valueOf(source.getKey().getFileName()), digest);
        add(Sha256.of(source.getValue()), digest);
      }
      for (Path entry : classPath) {
        BasicFileAttributes attributes = Files.readAttributes(entry, BasicFileAttributes.class);
        if (!attributes.isRegularFile()) {
          return Optional.empty();
        }
        add(entry + " " + attributes.size() + " " + attributes.lastModifiedTime(), digest);
      }
      add(System.getProperty("java.vm.version") + System.getProperty("java.home"), digest);
      Path folder = cache.get().resolve(FOLDER);
      return Optional.of(new ClassCache(folder.resolve(Sha256.hex(digest))));
    } catch (IOException | UncheckedIOException | InvalidSettings e) {
      return Optional.empty();
    }
  }

  private static void add(String text, MessageDigest digest) {
    digest.update((text + "\n").getBytes(StandardCharsets.UTF_8));
  }

  /**
   * The bytes of each class by binary name; empty if they are not in the cache, or are not what
   * {@link #write} wrote: the file is damaged, or another user could have written it.
   */
  Optional<Map<String, byte[]>> read() {
    try {
      if (FileAccess.exposure(file).isPresent()) {
        return Optional.empty();
      }
      String content = Files.readString(file);
      int end = Math.max(0, content.length() - HASH_LENGTH);
      String classes = content.substring(0, end);
      return content.substring(end).equals(Sha256.of(classes))
          ? Optional.of(Json.MAPPER.readValue(classes, new TypeReference<Map<String, byte[]>>() {}))
          : Optional.empty();
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  /** Saves classes; without a writable cache nothing is saved. */
  void write(Map<String, byte[]> classes) {
    try {
      FileAccess.createPrivateFolder(file.resolveSibling(""));
      String json = Json.MAPPER.writeValueAsString(classes);
      AtomicFile.writeText(file, json + Sha256.of(json));
    } catch (IOException e) {
      // The next start compiles again.
    }
  }
}
