package dev.counterpoint.runner.machine;

import dev.counterpoint.core.internal.storage.Sha256;
import java.io.File;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.Enumeration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/**
 * Hashes of the code that a process runs: one for each class path entry, by file name. For a jar,
 * the names, sizes and checksums of its zip directory are hashed, but not the timestamps. Two
 * builds of the same sources thus have equal hashes, and hashing a library of 500 MB is fast.
 */
public final class CodeFacts {
  private static final int HASH_LENGTH = 12; // hexadecimal digits

  private CodeFacts() {}

  /**
   * The hashes of the program's class path and of additional entries.
   *
   * @param additional jars, folders and source files
   */
  public static Map<String, String> of(List<Path> additional) throws IOException {
    Stream<Path> program =
        Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
            .filter(entry -> !entry.isEmpty())
            .map(Path::of);
    return hashes(Stream.concat(program, additional.stream()).toList());
  }

  /** A hash of each entry, by file name. */
  public static Map<String, String> hashes(List<Path> entries) throws IOException {
    Map<String, String> hashes = new TreeMap<>();
    for (Path entry : entries) {
      // Several folders may be named "classes".
      hashes.merge(entry.getFileName().toString(), hash(entry), (one, two) -> one + " " + two);
    }
    return hashes;
  }

  /** The hash of a jar, a folder or a source file; the hash of no bytes if it does not exist. */
  public static String hash(Path entry) throws IOException {
    MessageDigest digest = Sha256.begin();
    if (Files.isDirectory(entry)) {
      addFolder(digest, entry);
    } else if (entry.toString().endsWith(".jar")) {
      addJar(digest, entry);
    } else if (Files.exists(entry)) {
      digest.update(Files.readAllBytes(entry));
    }
    return Sha256.hex(digest).substring(0, HASH_LENGTH);
  }

  private static void addFolder(MessageDigest digest, Path folder) throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.filter(Files::isRegularFile).sorted().toList()) {
        digest.update(text(folder.relativize(file).toString()));
        digest.update(Files.readAllBytes(file));
      }
    }
  }

  private static void addJar(MessageDigest digest, Path jar) throws IOException {
    try (ZipFile zip = new ZipFile(jar.toFile())) {
      Enumeration<? extends ZipEntry> entries = zip.entries();
      Collections.list(entries).stream()
          .sorted(Comparator.comparing(ZipEntry::getName))
          .forEach(
              entry -> {
                digest.update(text(entry.getName()));
                digest.update(
                    ByteBuffer.allocate(2 * Long.BYTES)
                        .putLong(entry.getSize())
                        .putLong(entry.getCrc())
                        .array());
              });
    }
  }

  private static byte[] text(String name) {
    return name.getBytes(StandardCharsets.UTF_8);
  }
}
