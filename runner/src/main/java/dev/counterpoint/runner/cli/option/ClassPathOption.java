package dev.counterpoint.runner.cli.option;

import java.io.File;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import picocli.CommandLine.Option;

/** The {@code --classpath} option of all commands that read a run file or a run directory. */
public final class ClassPathOption {
  @Option(
      names = "--classpath",
      paramLabel = "PATHS",
      description =
          "Jars, class folders and .java files with user-defined classes, separated as in a class"
              + " path. The .java files are compiled at startup. May be repeated.")
  private List<String> paths = new ArrayList<>();

  public List<Path> paths() {
    return paths.stream()
        .flatMap(path -> Arrays.stream(path.split(File.pathSeparator)))
        .filter(path -> !path.isEmpty())
        .map(Path::of)
        .toList();
  }
}
