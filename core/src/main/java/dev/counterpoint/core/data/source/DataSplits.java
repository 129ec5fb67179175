package dev.counterpoint.core.data.source;

import dev.counterpoint.core.data.DataSpec;
import dev.counterpoint.core.data.Dataset;
import dev.counterpoint.core.metric.Metric;
import dev.counterpoint.core.settings.InvalidSettings;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The data of a run.
 *
 * @param spec what a model must know to be built
 * @param splits by name; {@code train} must be there to train, {@code validation} is what training
 *     looks at
 * @param metrics what is measured beside the loss, each made anew for every pass over a split
 * @param fingerprint a hash of the items, so that a run goes on only over the data it began with;
 *     behind it may be parts, as {@code 1f3a train:77ac validation:09d1}, that say what has changed
 *     where the first word has
 * @param files what a finished model needs beside its weights to be used, by file name, as {@code
 *     tokenizer.json}
 * @param notes lines worth telling at the start, as the count of each label
 * @param samples what a model may be asked, so that people see what it does
 * @param prediction settings to decode predictions with; null if the task needs none
 */
public record DataSplits(
    DataSpec spec,
    Map<String, Dataset> splits,
    List<Supplier<Metric>> metrics,
    String fingerprint,
    Map<String, ModelFile> files,
    List<String> notes,
    Samples samples,
    @Nullable PredictionSettings prediction)
    implements AutoCloseable {
  public static final String TRAIN = "train";
  public static final String VALIDATION = "validation";

  public DataSplits {
    metrics = List.copyOf(metrics);
    notes = List.copyOf(notes);
  }

  /**
   * The text of a fingerprint.
   *
   * @param items a hash of the items
   * @param parts hashes of what they come from, by split
   */
  public static String fingerprint(String items, Map<String, String> parts) {
    StringBuilder text = new StringBuilder(items);
    parts.forEach((split, hash) -> text.append(' ').append(split).append(':').append(hash));
    return text.toString();
  }

  /** Data without files, notes or samples. */
  public static DataSplits of(
      DataSpec spec,
      Map<String, Dataset> splits,
      List<Supplier<Metric>> metrics,
      String fingerprint) {
    return new DataSplits(
        spec, splits, metrics, fingerprint, Map.of(), List.of(), Samples.none(), null);
  }

  /** One data set to train on, and nothing else known of it. */
  public static DataSplits ofTraining(Dataset dataset) {
    DataSpec unknown = new DataSpec(0, 0, 0, List.of());
    return of(unknown, Map.of(TRAIN, dataset), List.of(), "");
  }

  /**
   * The split to train on.
   *
   * @throws InvalidSettings where there is none, or it is empty
   */
  public Dataset train() {
    Dataset train = splits.get(TRAIN);
    if (train == null || train.size() == 0) {
      throw new InvalidSettings("There is nothing to train on: no items in the split \"train\".");
    }
    return train;
  }

  /** The split that training is validated on, if there is one. */
  public Optional<Dataset> validation() {
    return Optional.ofNullable(splits.get(VALIDATION)).filter(split -> split.size() > 0);
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
