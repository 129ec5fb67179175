package dev.counterpoint.runner.wiring;

import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.inference.ModelHub;
import dev.counterpoint.runner.experiment.BuiltInData;
import dev.counterpoint.runner.report.DownloadProgress;
import dev.counterpoint.tasks.table.TableSource;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Function;

/**
 * Resolves the file names of a run file: {@code builtin:NAME/SPLIT}, {@code hf:NAME}, an absolute
 * path, or a relative path, which is looked up in several folders in order. The run file's folder
 * comes before the working directory, to which paths in {@code --set} are relative.
 */
public record FileFinder(List<Path> folders, BuiltInData builtIn)
    implements Function<String, Path> {
  public FileFinder {
    folders = folders.stream().map(folder -> folder.toAbsolutePath().normalize()).toList();
  }

  /** The resolved file; if it exists in no folder, its path in the first folder. */
  @Override
  public Path apply(String path) {
    if (path.startsWith(BuiltInData.SCHEME)) {
      return builtIn.file(path.substring(BuiltInData.SCHEME.length()));
    }
    if (ModelHub.names(path)) {
      return DownloadProgress.findModel(path);
    }
    return folders.stream()
        .map(folder -> folder.resolve(path).normalize())
        .filter(FileFinder::exists)
        .findFirst()
        .orElseGet(() -> folders.get(0).resolve(path).normalize());
  }

  /** Whether a file or folder exists, or a pattern matches a file. */
  private static boolean exists(Path path) {
    try {
      return Files.exists(path) || Files.exists(TableSource.expand(path).get(0));
    } catch (IOException | InvalidSettings e) {
      return false;
    }
  }
}
