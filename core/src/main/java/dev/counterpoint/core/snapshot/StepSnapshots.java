package dev.counterpoint.core.snapshot;

import dev.counterpoint.core.data.Batch;
import dev.counterpoint.core.parameter.Parameter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Where the snapshots of a run go.
 *
 * @param directory made with the first
 * @param most how many there may be; 0 for none
 * @param texts what lies in each beside the step, by file name: how the model is built
 */
public record StepSnapshots(Path directory, int most, Map<String, String> texts) {
  public StepSnapshots {
    texts = Map.copyOf(texts);
  }

  /** Whether there is room for one more. */
  public boolean hasRoom() throws IOException {
    if (!Files.isDirectory(directory)) {
      return most > 0;
    }
    try (Stream<Path> files = Files.list(directory)) {
      return files.filter(Files::isDirectory).count() < most;
    }
  }

  /**
   * Keeps a step.
   *
   * @return its folder; one that is there already, of the same step, stays as it is
   */
  public Path keep(StepSnapshot snapshot, List<Parameter> parameters, List<Batch> microBatches)
      throws IOException {
    Path folder = directory.resolve(name(snapshot));
    if (!Files.exists(folder)) {
      if (!Files.isDirectory(directory)) {
        Files.createDirectory(directory); // Not what is above: somebody may be removing the run.
      }
      snapshot.write(folder, parameters, microBatches, texts);
    }
    return folder;
  }

  private static String name(StepSnapshot snapshot) {
    String step = String.format(Locale.ROOT, "step-%08d", snapshot.step());
    return snapshot.rank() == 0 ? step : step + "-rank-" + snapshot.rank();
  }
}
