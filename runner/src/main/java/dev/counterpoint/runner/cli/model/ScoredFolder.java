package dev.counterpoint.runner.cli.model;

import dev.counterpoint.core.internal.storage.AtomicFile;
import dev.counterpoint.core.internal.storage.FolderEntries;
import dev.counterpoint.core.internal.storage.Sha256;
import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.runner.cli.option.NewFile;
import dev.counterpoint.strategies.spark.scoring.ScoringPlan;
import dev.counterpoint.tasks.table.SourceFile;
import dev.counterpoint.tasks.table.TableSource;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;

/**
 * The predictions for a table that Spark tasks write: a folder with one file for each file of the
 * table. Its file {@code _scoring} has a hash of model, code, columns, and the paths, sizes and
 * times of the files, so that a second start continues only the same predictions.
 *
 * @param output the folder; its name has the extension of its files
 */
record ScoredFolder(Path output) {
  private static final String KEY = "_scoring";

  /**
   * Creates the folder, unless it exists, and plans its files.
   *
   * @param key identifies the model and the columns
   * @param arguments of {@code predict}, without the names of files
   * @param trusted the hashes of the code of the model
   * @throws InvalidSettings if the folder has other files, is in a missing one, or its name has
   *     another extension
   */
  ScoringPlan plan(TableSource source, String key, List<String> arguments, List<String> trusted)
      throws IOException {
    String extension = TableFile.extension(output);
    NewFile.requireFolder("--output", output);
    Path mark = output.resolve(KEY);
    StringBuilder all = new StringBuilder(key).append(trusted);
    for (SourceFile file : source.files()) {
      Path path = file.path().toAbsolutePath();
      all.append('\n').append(path).append(' ').append(Files.size(path));
      all.append(' ').append(Files.getLastModifiedTime(path).toMillis());
    }
    String hash = Sha256.of(all.toString()) + '\n';
    boolean isSame = Files.isRegularFile(mark) && Files.readString(mark).equals(hash);
    if (Files.exists(output)
        && !isSame
        && !(Files.isDirectory(output) && FolderEntries.of(output).isEmpty())) {
      throw new InvalidSettings(
          "--output %s exists, but does not contain predictions of this model for these rows; remove it, or choose another name.",
          output);
    }
    Files.createDirectories(output);
    AtomicFile.writeText(mark, hash);
    return new ScoringPlan(
        source.files().stream().map(file -> file.path().toAbsolutePath().toString()).toList(),
        output.toAbsolutePath().toString(),
        extension,
        arguments,
        trusted.stream().map(it -> it + "  -\n").collect(Collectors.joining()));
  }
}
