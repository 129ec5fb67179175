package dev.counterpoint.runner.wiring;

import dev.counterpoint.inference.ModelHub;
import dev.counterpoint.runner.experiment.BuiltInData;
import dev.counterpoint.runner.report.HubDownload;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Function;

/**
 * Files as a run file names them: {@code builtin:NAME/SPLIT}, {@code hf:NAME}, an absolute path, or
 * a path from one of several folders, the first that has it: the run file's own folder comes before
 * the working directory, which {@code --set} paths count from.
 */
public record FileFinder(List<Path> folders, BuiltInData builtIn)
    implements Function<String, Path> {
  public FileFinder {
    folders = folders.stream().map(folder -> folder.toAbsolutePath().normalize()).toList();
  }

  /** The file; where no folder has it, the one it would be in the first. */
  @Override
  public Path apply(String path) {
    if (path.startsWith(BuiltInData.SCHEME)) {
      return builtIn.file(path.substring(BuiltInData.SCHEME.length()));
    }
    if (ModelHub.names(path)) {
      return HubDownload.find(path);
    }
    return folders.stream()
        .map(folder -> folder.resolve(path).normalize())
        .filter(Files::exists)
        .findFirst()
        .orElseGet(() -> folders.get(0).resolve(path).normalize());
  }
}
