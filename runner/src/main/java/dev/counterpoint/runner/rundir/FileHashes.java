package dev.counterpoint.runner.rundir;

import dev.counterpoint.core.internal.storage.AtomicFile;
import dev.counterpoint.core.internal.storage.Sha256;
import dev.counterpoint.core.internal.storage.Utf8File;
import dev.counterpoint.core.settings.CacheFolder;
import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.inference.ModelFolder;
import dev.counterpoint.inference.internal.code.TrustedCode;
import dev.counterpoint.tasks.table.SourceFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/** SHA-256 hashes of data files. The cache folder keeps those of large files. */
final class FileHashes {
  private static final long LARGE = 64 << 20; // bytes; hashed in about 0.2 seconds

  private FileHashes() {}

  /** Whether the files of a folder are data, and not a model or a tokenizer. */
  static boolean isData(String key, Path path) {
    return Files.isDirectory(path) && key.startsWith("data.") && !key.contains("tokenizer");
  }

  /**
   * The SHA-256 of a file; for a folder, the SHA-256 of the names and hashes of its files. Of a
   * model, a tokenizer, or a run directory with a model, only weights, vocabulary and settings
   * count.
   *
   * @param key the setting that names it
   * @throws InvalidSettings if it is a device or a pipe
   */
  static String sha256(String key, Path path) throws IOException {
    if (!Files.isDirectory(path)) {
      new SourceFile(path).requireReadable(true);
      return ofFile(path);
    }
    boolean isData = isData(key, path);
    StringBuilder lines = new StringBuilder();
    for (Map.Entry<String, Path> file :
        TrustedCode.files(isData ? path : ModelFolder.within(path)).entrySet()) {
      if (isData || file.getKey().matches(".*\\.(safetensors|json|txt|model)")) {
        lines.append(ofFile(file.getValue())).append("  ").append(file.getKey()).append('\n');
      }
    }
    return Sha256.of(lines.toString());
  }

  private static String ofFile(Path file) throws IOException {
    if (Files.size(file) < LARGE) {
      return Sha256.of(file);
    }
    String stamp = new SourceFile(file).stamp(); // changes with each write of the file
    Path cached = CacheFolder.path().resolve("hashes").resolve(Sha256.of(stamp));
    if (!Files.exists(cached)) {
      Files.createDirectories(cached.resolveSibling(""));
      AtomicFile.writeText(cached, Sha256.of(file));
    }
    return Utf8File.read(cached);
  }
}
