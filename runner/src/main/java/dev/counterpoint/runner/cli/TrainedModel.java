package dev.counterpoint.runner.cli;

import com.fasterxml.jackson.databind.JsonNode;
import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.core.storage.AtomicFile;
import dev.counterpoint.inference.ModelFolder;
import dev.counterpoint.inference.config.Binder;
import dev.counterpoint.inference.config.SourcePath;
import dev.counterpoint.runner.report.Console;
import dev.counterpoint.runner.rundir.RunDirectory;
import dev.counterpoint.runner.rundir.UserCode;
import dev.counterpoint.runner.wiring.Catalogs;
import dev.counterpoint.tasks.tokenizer.TextEncoder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.OptionalLong;
import java.util.stream.Stream;

/** A finished model as the commands that use it find it. */
final class TrainedModel {
  private TrainedModel() {}

  /** How the model in a folder is built, with classes that only this command line names too. */
  static ModelFolder.Config config(Path folder, List<Path> classpath) throws IOException {
    Path run = folder.toAbsolutePath().resolveSibling("");
    List<Path> entries =
        Stream.concat(ModelFolder.classpath(folder).stream().map(run::resolve), classpath.stream())
            .distinct()
            .toList();
    return ModelFolder.config(folder, new Binder(Catalogs.all(), SourcePath.open(entries)));
  }

  /**
   * Says where a model is not what its run would be taken for: its code has changed, or the run was
   * trained on since, and did not come to an end.
   *
   * @param directory of the run, or of a model alone, of which nothing is known
   * @param classpath what the model needs beside the program's own code
   */
  static void tellChanges(Path directory, List<String> classpath, Console console)
      throws IOException {
    RunDirectory run = new RunDirectory(directory);
    if (!RunDirectory.isRun(directory)) {
      return;
    }
    UserCode.changes(run, classpath).forEach(console::say);
    JsonNode summary = AtomicFile.readJson(run.summary());
    long ended = summary.path("steps").asLong(Long.MAX_VALUE);
    OptionalLong newest = run.newestStep();
    if (newest.isPresent() && newest.getAsLong() > ended && Files.isDirectory(run.model())) {
      console.say(
          String.format(
              Locale.ROOT,
              "The model is of step %d. The run has been trained on to step %d since, and has not"
                  + " ended: go on with it to have the model of that.",
              summary.path("bestStep").asLong(ended),
              newest.getAsLong()));
    }
  }

  /** The tokenizer beside it. */
  static TextEncoder encoder(Path folder, int maxLength) throws IOException {
    Path tokenizer = folder.resolve("tokenizer.json");
    if (!Files.exists(tokenizer)) {
      throw new InvalidSettings(
          "The model in " + folder + " reads no text: it has no tokenizer.json.");
    }
    return new TextEncoder(tokenizer, maxLength);
  }
}
