package dev.counterpoint.runner.cli.option;

import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.runner.wiring.Run;
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
   * Returns the request to train the run.
   *
   * @throws InvalidSettings if the run is a directory, such as a run directory
   */
  public Run.Request request() {
    if (Files.isDirectory(Path.of(name))) {
      throw new InvalidSettings(
          name + " is a directory; name a built-in experiment or a YAML file to start a new run.");
    }
    return new Run.Request(name, sets, classpath.paths(), null);
  }
}
