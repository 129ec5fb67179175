package dev.counterpoint.core.data;

import dev.counterpoint.core.metric.Metric;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/**
 * The data of a run.
 *
 * @param spec what a model must know to be built
 * @param splits by name; {@code train} must be there to train, {@code validation} is what training
 *     looks at
 * @param metrics what is measured beside the loss, each made anew for every pass over a split
 * @param fingerprint a hash of the items, so that a run goes on only over the data it began with
 * @param files what a finished model needs beside its weights to be used, by file name, as {@code
 *     tokenizer.json}
 * @param notes lines worth telling at the start, as the count of each label
 */
public record DataSplits(
    DataSpec spec,
    Map<String, Dataset> splits,
    List<Supplier<Metric>> metrics,
    String fingerprint,
    Map<String, ModelFile> files,
    List<String> notes)
    implements AutoCloseable {
  public static final String TRAIN = "train";
  public static final String VALIDATION = "validation";

  public DataSplits {
    metrics = List.copyOf(metrics);
    notes = List.copyOf(notes);
  }

  /** Data without files or notes. */
  public static DataSplits of(
      DataSpec spec,
      Map<String, Dataset> splits,
      List<Supplier<Metric>> metrics,
      String fingerprint) {
    return new DataSplits(spec, splits, metrics, fingerprint, Map.of(), List.of());
  }

  @Override
  public void close() throws IOException {
    for (Dataset split : splits.values()) {
      if (split instanceof AutoCloseable open) {
        try {
          open.close();
        } catch (IOException e) {
          throw e;
        } catch (Exception e) {
          throw new IOException(e);
        }
      }
    }
  }

  /** A file that goes with the model. */
  @FunctionalInterface
  public interface ModelFile {
    void writeTo(Path file) throws IOException;
  }
}
