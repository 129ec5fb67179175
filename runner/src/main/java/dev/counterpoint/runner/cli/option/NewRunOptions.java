package dev.counterpoint.runner.cli.option;

import dev.counterpoint.core.settings.InvalidSettings;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Options of a command that starts a new run: the run file, overrides and the class path. */
public final class NewRunOptions {
  @Parameters(paramLabel = "RUN", description = "A built-in experiment or a YAML file.")
  private String name = "";

  @Option(
      names = "--set",
      paramLabel = "KEY=VALUE",
      description = "Overrides a run-file value. May be repeated.")
  private List<String> sets = new ArrayList<>();

  @Mixin private final ClassPathOption classpath = new ClassPathOption();

  /**
   * Returns the name of the built-in experiment or the path of the YAML file.
   *
   * @throws InvalidSettings if it is a directory, such as a run directory
   */
  public String name() {
    if (Files.isDirectory(Path.of(name))) {
      throw new InvalidSettings(
          name + " is a directory; name a built-in experiment or a YAML file to start a new run.");
    }
    return name;
  }

  public List<String> sets() {
    return sets;
  }

  public List<Path> classpath() {
    return classpath.paths();
  }
}
