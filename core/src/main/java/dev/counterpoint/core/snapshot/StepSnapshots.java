package dev.counterpoint.core.snapshot;

import dev.counterpoint.core.data.Batch;
import dev.counterpoint.core.internal.storage.FolderEntries;
import dev.counterpoint.core.parameter.Parameter;
import dev.counterpoint.core.settings.FileAccess;
import dev.counterpoint.core.settings.Formats;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * The directory for the step snapshots of a run.
 *
 * @param directory the directory, created with the first snapshot
 * @param limit the maximum number of snapshots; 0 saves none
 * @param texts text files to store in each snapshot by file name, such as the settings from which
 *     the model is built
 */
public record StepSnapshots(Path directory, int limit, Map<String, String> texts) {
  public StepSnapshots {
    texts = Map.copyOf(texts);
  }

  /** Whether fewer snapshots than the limit exist; hidden folders are leftovers of a crash. */
  public boolean hasRoom() throws IOException {
    return FolderEntries.of(directory).stream()
            .filter(it -> Files.isDirectory(it) && !it.getFileName().toString().startsWith("."))
            .count()
        < limit;
  }

  /**
   * Saves a snapshot. An existing snapshot of the same step and rank is not overwritten.
   *
   * @return the folder of the snapshot
   * @throws IOException if the snapshot cannot be written
   */
  public Path save(StepSnapshot snapshot, List<Parameter> parameters, List<Batch> microBatches)
      throws IOException {
    Path folder = directory.resolve(name(snapshot));
    if (!Files.exists(folder)) {
      if (!Files.isDirectory(directory)) {
        Files.createDirectory(
            directory,
            FileAccess.creating(
                FileAccess.PRIVATE_FOLDER)); // Not its parents: the run may be being deleted.
      }
      snapshot.write(folder, parameters, microBatches, texts);
    }
    return folder;
  }

  private static String name(StepSnapshot snapshot) {
    String step = Formats.of("step-%08d", snapshot.step());
    return snapshot.rank() == 0 ? step : step + "-rank-" + snapshot.rank();
  }
}
