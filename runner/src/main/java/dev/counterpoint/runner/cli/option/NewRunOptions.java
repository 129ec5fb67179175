package dev.counterpoint.runner.cli.option;

import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.runner.rundir.RunDirectory;
import dev.counterpoint.runner.wiring.JavaFile;
import dev.counterpoint.runner.wiring.Run;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Options of a command that starts a new run: the run file, overrides and the class path. */
public final class NewRunOptions {
  @Parameters(
      paramLabel = "RUN",
      description =
          "A built-in experiment, a YAML file, the folder of an experiment, or a Java file.")
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
   * @throws InvalidSettings if the run is a directory that is not the folder of an experiment
   */
  public Run.Request request() {
    Path folder = Path.of(name);
    if (Files.isDirectory(folder) && !RunDirectory.isExperiment(folder)) {
      throw new InvalidSettings(
          "%s is not the folder of an experiment; name one, a built-in experiment or a YAML file to"
              + " start a new run.",
          name);
    }
    Run.Request request =
        new Run.Request(name, sets, classpath.paths(), null, classpath.trustsCode(), false);
    Optional<JavaFile> java = JavaFile.of(request, null);
    if (java.isPresent() && java.get().isProgram()) {
      throw new InvalidSettings(
          "%s has a main method; only train can run it. Name a run file, or a file with a model.",
          name);
    }
    return java.map(JavaFile::request).orElse(request);
  }
}
