package dev.counterpoint.core.checkpoint;

import com.fasterxml.jackson.databind.JsonNode;
import dev.counterpoint.core.internal.storage.AtomicFile;
import dev.counterpoint.core.internal.storage.DamagedFile;
import dev.counterpoint.core.internal.storage.FolderEntries;
import dev.counterpoint.core.internal.storage.Sha256;
import dev.counterpoint.core.settings.Excerpt;
import dev.counterpoint.core.settings.InvalidSettings;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/**
 * SHA-256 checksums of a model folder, in its {@code SHA256SUMS}. Config, tokenizer and other small
 * files are verified when the folder is opened, weights by another thread while they are loaded.
 */
public final class FolderChecksums {
  /** The name of the file with the checksums. */
  public static final String FILE = Checksums.FILE;

  /** The key of the format version in the settings of a model. */
  public static final String FORMAT = "format";

  private static final List<String> SETTINGS = List.of("config.json", "counterpoint.json");
  private static final String WEIGHTS = ".safetensors";
  private static final String READ_BY_PROGRAM = ".*\\.(json|txt|model|safetensors)";

  private final CompletableFuture<Void> weights;

  private FolderChecksums(Map<Path, String> files) {
    weights = CompletableFuture.runAsync(() -> files.forEach(FolderChecksums::check));
  }

  /** Whether a folder contains checksums; folders of early versions and of the hub do not. */
  public static boolean exist(Path folder) {
    return Files.isRegularFile(folder.resolve(Checksums.FILE));
  }

  /** Deletes the checksums of a folder before its files are changed. */
  public static void delete(Path folder) throws IOException {
    Files.deleteIfExists(folder.resolve(Checksums.FILE));
  }

  /** Writes the checksums of all files of a folder. */
  public static void write(Path folder) throws IOException {
    StringBuilder text = new StringBuilder();
    for (Path file : files(folder)) {
      text.append(Sha256.of(file)).append("  ").append(file.getFileName()).append('\n');
    }
    AtomicFile.writeText(folder.resolve(Checksums.FILE), text.toString());
  }

  private static List<Path> files(Path folder) throws IOException {
    return FolderEntries.of(folder).stream()
        .filter(Files::isRegularFile)
        .filter(file -> !file.endsWith(Checksums.FILE))
        .filter(file -> !file.getFileName().toString().startsWith("."))
        .sorted()
        .toList();
  }

  /**
   * Verifies a folder, and starts to verify its weights. A folder without checksums is not
   * verified.
   *
   * @throws InvalidSettings as {@link #verifySmall}
   */
  public static FolderChecksums verify(Path folder) throws IOException {
    return new FolderChecksums(verifySmall(folder));
  }

  /**
   * Verifies all files of a folder except the weights.
   *
   * @return the hash of each file with weights
   * @throws InvalidSettings if a file is missing or changed, the folder has another file that the
   *     program would read, or a line of the checksums is malformed
   */
  public static Map<Path, String> verifySmall(Path folder) throws IOException {
    Map<Path, String> large = new TreeMap<>();
    FolderEntries.requireFiles(folder, 1);
    if (exist(folder)) {
      Map<String, String> hashes = hashes(folder.resolve(Checksums.FILE));
      for (Map.Entry<String, String> entry : hashes.entrySet()) {
        Path file = folder.resolve(entry.getKey());
        if (!folder.equals(file.getParent()) || entry.getKey().startsWith("..")) {
          throw new InvalidSettings(
              "%s in %s lists a file of another folder: %s",
              Checksums.FILE, folder, Excerpt.ofItem(entry.getKey()));
        }
        if (Files.isRegularFile(file) && entry.getKey().endsWith(WEIGHTS)) {
          large.put(file, entry.getValue());
        } else {
          check(file, entry.getValue());
        }
      }
      for (Path file : files(folder)) {
        String name = file.getFileName().toString();
        if (!hashes.containsKey(name) && name.matches(READ_BY_PROGRAM)) {
          throw refused(file, "is not listed in");
        }
      }
    } else if (wasSavedWithChecksums(folder)) {
      throw new InvalidSettings(
          "The model in %s is incomplete or was changed: %s is missing.", folder, Checksums.FILE);
    }
    return large;
  }

  /** The recorded SHA-256 of each file of a folder, by name; empty without checksums. */
  public static Map<String, String> of(Path folder) throws IOException {
    return exist(folder) ? hashes(folder.resolve(Checksums.FILE)) : Map.of();
  }

  private static Map<String, String> hashes(Path sums) throws IOException {
    try {
      return Checksums.parse(sums);
    } catch (DamagedFile e) {
      throw new InvalidSettings("%s", e.getMessage());
    }
  }

  /** Whether the settings have a format version; versions without checksums wrote none. */
  private static boolean wasSavedWithChecksums(Path folder) throws IOException {
    for (String name : SETTINGS) {
      JsonNode content = AtomicFile.readJson(folder.resolve(name));
      if ((content.has("model_type") ? content.path("counterpoint") : content).has(FORMAT)) {
        return true;
      }
    }
    return false;
  }

  /**
   * Waits until all files are verified.
   *
   * @throws InvalidSettings if a file is missing or changed
   */
  public void await() {
    try {
      weights.join();
    } catch (CompletionException e) {
      if (e.getCause() instanceof InvalidSettings refused) {
        throw refused;
      }
      throw e;
    }
  }

  private static void check(Path file, String hash) {
    if (!Files.isRegularFile(file)) {
      throw refused(file, "is missing, but listed in");
    }
    try {
      if (!Sha256.of(file).equals(hash)) {
        throw refused(file, "differs from its checksum in");
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static InvalidSettings refused(Path file, String problem) {
    return new InvalidSettings(
        "%s %s %s: the model was damaged or changed after it was saved. If the change is intended, write the file again with sha256sum.",
        file, problem, Checksums.FILE);
  }
}
