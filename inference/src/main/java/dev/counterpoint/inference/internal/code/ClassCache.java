package dev.counterpoint.inference.internal.code;

import dev.counterpoint.core.internal.storage.AtomicFile;
import dev.counterpoint.core.internal.storage.Sha256;
import dev.counterpoint.core.settings.FileAccess;
import dev.counterpoint.core.settings.InvalidSettings;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.HashMap;
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
    try {
      for (Map.Entry<Path, String> source : sources.entrySet()) {
        add(String.valueOf(source.getKey().getFileName()), digest);
        add(Sha256.of(source.getValue().getBytes(StandardCharsets.UTF_8)), digest);
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
      byte[] content = Files.readAllBytes(file);
      int start = Math.max(0, content.length - HASH_LENGTH);
      byte[] classes = Arrays.copyOf(content, start);
      String hash = new String(content, start, content.length - start, StandardCharsets.US_ASCII);
      return hash.equals(Sha256.of(classes)) ? Optional.of(decode(classes)) : Optional.empty();
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  /** Saves classes; without a writable cache nothing is saved. */
  void write(Map<String, byte[]> classes) {
    try {
      FileAccess.createPrivateFolder(file.resolveSibling(""));
      AtomicFile.write(file, temporary -> Files.write(temporary, encode(classes)));
    } catch (IOException e) {
      // The next start compiles again.
    }
  }

  private static byte[] encode(Map<String, byte[]> classes) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (DataOutputStream out = new DataOutputStream(bytes)) {
      out.writeInt(classes.size());
      for (Map.Entry<String, byte[]> each : classes.entrySet()) {
        out.writeUTF(each.getKey());
        out.writeInt(each.getValue().length);
        out.write(each.getValue());
      }
      out.writeBytes(Sha256.of(bytes.toByteArray()));
    }
    return bytes.toByteArray();
  }

  private static Map<String, byte[]> decode(byte[] content) throws IOException {
    Map<String, byte[]> classes = new HashMap<>();
    try (DataInputStream in = new DataInputStream(new ByteArrayInputStream(content))) {
      for (int left = in.readInt(); left > 0; left--) {
        classes.put(in.readUTF(), in.readNBytes(in.readInt()));
      }
    }
    return classes;
  }
}
