package dev.counterpoint.runner.cli;

import dev.counterpoint.core.settings.InvalidSettings;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** A run that a command begins for itself, whatever runs there are. */
final class NewRunOptions {
  @Parameters(paramLabel = "RUN", description = "A built-in name or a YAML file.")
  private String name = "";

  @Option(
      names = "--set",
      paramLabel = "KEY=VALUE",
      description = "Lays a value over the run file's. May be repeated.")
  private List<String> sets = new ArrayList<>();

  @Mixin private final ClassPathOption classpath = new ClassPathOption();

  /**
   * The built-in name or the YAML file.
   *
   * @throws InvalidSettings where it is a run directory
   */
  String name() {
    if (Files.isDirectory(Path.of(name))) {
      throw new InvalidSettings(
          name + " is a directory; a built-in name or a YAML file is needed, to begin it anew.");
    }
    return name;
  }

  List<String> sets() {
    return sets;
  }

  List<Path> classpath() {
    return classpath.paths();
  }
}
