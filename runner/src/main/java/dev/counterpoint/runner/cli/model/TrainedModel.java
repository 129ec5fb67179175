package dev.counterpoint.runner.cli.model;

import com.fasterxml.jackson.databind.JsonNode;
import dev.counterpoint.core.internal.storage.AtomicFile;
import dev.counterpoint.core.settings.FileAccess;
import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.inference.ModelFolder;
import dev.counterpoint.inference.Pipeline;
import dev.counterpoint.inference.golden.GoldenExamples;
import dev.counterpoint.inference.internal.code.SourcePath;
import dev.counterpoint.runner.LauncherCommand;
import dev.counterpoint.runner.cli.option.ClassPathOption;
import dev.counterpoint.runner.report.Console;
import dev.counterpoint.runner.report.DownloadProgress;
import dev.counterpoint.runner.rundir.RunCode;
import dev.counterpoint.runner.rundir.RunDirectory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalLong;

/** Opens the model folder of a run for the commands that use a trained model. */
public final class TrainedModel {

  private TrainedModel() {}

  /**
   * Opens the model of a run directory or a model folder, with the classes that it names.
   *
   * @param classpath user-defined classes in addition to those that the config names
   */
  public static Pipeline open(Path directory, ClassPathOption classpath, Console console)
      throws IOException {
    Pipeline pipeline =
        Pipeline.open(
            directory, code(ModelFolder.within(directory), classpath), DownloadProgress::findModel);
    warnIfChanged(directory, pipeline.config().classpath(), console);
    return pipeline;
  }

  /**
   * Opens a model, and compares its predictions with those after training, if it has golden
   * examples.
   *
   * @throws InvalidSettings if it cannot be opened, or predicts otherwise
   */
  public static void check(Path directory, ClassPathOption classpath, Console console)
      throws IOException {
    try (Pipeline pipeline = open(directory, classpath, console)) {
      GoldenExamples.check(pipeline);
    }
  }

  /** The classes that a model folder names, if they are trusted, and those of the command line. */
  static SourcePath code(Path folder, ClassPathOption classpath) throws IOException {
    Path run = folder.toAbsolutePath().resolveSibling("").normalize();
    RunCode code = new RunCode(run, ModelFolder.classpath(folder));
    if (classpath.paths().isEmpty() && code.missing().isPresent()) {
      FileAccess.requireAccess(code.missing().get());
      throw new InvalidSettings(
          "The model in %s needs the classes in %s, which does not exist; give its new path with --classpath.",
          folder, code.missing().get());
    }
    return code.open(classpath.paths(), classpath.trust());
  }

  /**
   * Prints a warning if the model may not be the result of its run: user code has changed since, or
   * the run was resumed and did not finish.
   *
   * @param directory the run directory; nothing is checked for a model folder without a run
   * @param classpath user-defined classes of the model
   */
  static void warnIfChanged(Path directory, List<String> classpath, Console console)
      throws IOException {
    RunDirectory run = new RunDirectory(directory);
    if (!RunDirectory.isRun(directory)) {
      return;
    }
    new RunCode(run.path(), classpath).changes().forEach(console::log);
    JsonNode summary = AtomicFile.readJson(run.summary());
    if (summary.path("stopReason").asText().startsWith("SIG")) {
      console.log(
          "The run is unfinished: it was stopped by %s after step %d. To resume: %s",
          summary.path("stopReason").asText(),
          summary.path("steps").asLong(),
          LauncherCommand.line("train", directory));
    }
    long finishedSteps = summary.path("steps").asLong(Long.MAX_VALUE);
    OptionalLong newest = run.newestStep();
    if (newest.isPresent()
        && newest.getAsLong() > finishedSteps
        && Files.isDirectory(run.model())) {
      console.log(
          "The model is from step %d, but the run was resumed to step %d and did not finish."
              + " Resume the run to update its model.",
          summary.path("bestStep").asLong(finishedSteps), newest.getAsLong());
    }
  }
}
