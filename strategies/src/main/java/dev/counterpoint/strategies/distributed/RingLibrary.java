package dev.counterpoint.strategies.distributed;

import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.core.storage.IoFailure;
import dev.counterpoint.core.storage.NativeFailure;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.JarURLConnection;
import java.net.URL;
import java.net.URLConnection;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Locale;
import java.util.Set;
import java.util.jar.JarEntry;
import java.util.zip.CRC32;
import java.util.zip.CheckedInputStream;

/**
 * The native library of one kind of machine, in XGBoost's jar. It is extracted once, into the cache
 * folder: JNA itself would extract 16 MB at every start, and leave them if the process is killed.
 *
 * @param resource in the jar
 */
record RingLibrary(String resource) {
  private static final String VERSION = "3.0.4";
  private static final Set<PosixFilePermission> FOR_ALL =
      PosixFilePermissions.fromString("r--r--r--");

  /**
   * Loads the library of this machine.
   *
   * @throws InvalidSettings if it cannot be loaded, with the reason
   */
  static void load() {
    try {
      NativeRing.load();
    } catch (LinkageError e) {
      throw refusal(e);
    }
  }

  /** The cause of a failed load. */
  static InvalidSettings refusal(LinkageError failure) {
    Throwable cause = failure;
    while (cause.getCause() != null) {
      cause = cause.getCause();
    }
    return cause instanceof InvalidSettings known
        ? known
        : new InvalidSettings(
            NativeFailure.explain(failure)
                .orElse(
                    "The native ring cannot be loaded: "
                        + cause
                        + ". It needs libgomp.so.1, and a cache folder (COUNTERPOINT_CACHE) that"
                        + " can be written and from which programs may be run."));
  }

  /** The library for this platform. */
  static RingLibrary here() {
    return of(System.getProperty("os.name", ""), System.getProperty("os.arch", ""));
  }

  /**
   * The library for a given platform.
   *
   * @throws InvalidSettings if the jar has no library for it
   */
  static RingLibrary of(String system, String processor) {
    String machine =
        switch (processor) {
          case "amd64", "x86_64" -> "x86_64";
          case "aarch64", "arm64" -> "aarch64";
          default -> "";
        };
    if (!system.toLowerCase(Locale.ROOT).startsWith("linux") || machine.isEmpty()) {
      throw new InvalidSettings(
          ("Distributed training requires Linux on x86_64 or aarch64, for the native ring; this"
                  + " machine is %s on %s. Use strategy: {type: standard}.")
              .formatted(system, processor));
    }
    return new RingLibrary("/lib/linux/" + machine + "/libxgboost4j.so");
  }

  /**
   * The library as a file below a cache folder. One that is there is used if its size and CRC-32
   * are those in the jar.
   */
  Path extractInto(Path cache) {
    Path file = cache.resolve("native").resolve("xgboost-" + VERSION + resource);
    try {
      URL source = RingLibrary.class.getResource(resource);
      if (source == null) {
        throw new InvalidSettings(
            "The native ring is not on the class path: ml.dmlc:xgboost4j_2.12:" + VERSION + ".");
      }
      if (!isThere(file, source)) {
        extract(source, file);
      }
    } catch (IOException e) {
      throw new InvalidSettings(IoFailure.ofCache(e));
    }
    return file;
  }

  private static boolean isThere(Path file, URL source) throws IOException {
    URLConnection connection = source.openConnection();
    if (!Files.isRegularFile(file) || !(connection instanceof JarURLConnection inJar)) {
      return false;
    }
    JarEntry entry = inJar.getJarEntry();
    return Files.size(file) == entry.getSize() && checksum(file) == entry.getCrc();
  }

  private static long checksum(Path file) throws IOException {
    CRC32 checksum = new CRC32();
    try (InputStream in = new CheckedInputStream(Files.newInputStream(file), checksum)) {
      in.transferTo(OutputStream.nullOutputStream());
    }
    return checksum.getValue();
  }

  /** Renamed when complete, so that processes that start together read the same bytes. */
  private static void extract(URL source, Path file) throws IOException {
    Files.createDirectories(file.resolveSibling(""));
    Path draft = Files.createTempFile(file.resolveSibling(""), ".ring", ".draft");
    try (InputStream in = source.openStream()) {
      Files.copy(in, draft, StandardCopyOption.REPLACE_EXISTING);
      Files.setPosixFilePermissions(draft, FOR_ALL); // Several users may share the cache.
      Files.move(draft, file, StandardCopyOption.ATOMIC_MOVE);
    } finally {
      Files.deleteIfExists(draft);
    }
  }
}
