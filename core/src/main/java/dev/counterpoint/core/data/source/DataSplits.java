package dev.counterpoint.core.data.source;

import dev.counterpoint.core.data.DataSpec;
import dev.counterpoint.core.data.Dataset;
import dev.counterpoint.core.metric.Evaluation;
import dev.counterpoint.core.metric.Metric;
import dev.counterpoint.core.metric.MetricConfig;
import dev.counterpoint.core.metric.Mode;
import dev.counterpoint.core.metric.TaskMetrics;
import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.core.settings.RecordCopy;
import dev.counterpoint.core.settings.Secrets;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Datasets of a run by split, with the metadata that training and prediction need.
 *
 * @param spec the properties of the data that a model needs to be built
 * @param splits the datasets by name; {@code train} is required for training, {@code validation} is
 *     evaluated during training
 * @param metrics factories of the metrics computed in addition to the loss; each pass over a split
 *     creates new metrics
 * @param fingerprint a hash of the examples; a run resumes only with identical data. The hash can
 *     be followed by parts, as in {@code 1f3a train:77ac validation:09d1}, which show the splits
 *     that changed if the hash differs
 * @param files additional files that a trained model needs for prediction, by file name, such as
 *     {@code tokenizer.json}
 * @param notes lines logged when a run starts, such as the number of examples per label
 * @param samples generates example predictions that show what the model does
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

  /** The name of the test split. */
  public static final String TEST = "test";

  public DataSplits {
    metrics = List.copyOf(metrics);
    notes = notes.stream().map(Secrets::mask).toList(); // a note may name a file or a query
  }

  /**
   * Formats a fingerprint.
   *
   * @param examplesHash a hash of the examples
   * @param parts hashes of the source files, by split
   */
  public static String fingerprint(String examplesHash, Map<String, String> parts) {
    StringBuilder text = new StringBuilder(examplesHash);
    parts.forEach((split, hash) -> text.append(' ').append(split).append(':').append(hash));
    return text.toString();
  }

  /** Splits without additional files, notes or samples. */
  public static DataSplits of(
      DataSpec spec,
      Map<String, Dataset> splits,
      List<Supplier<Metric>> metrics,
      String fingerprint) {
    return new DataSplits(
        spec, splits, metrics, fingerprint, Map.of(), List.of(), Samples.none(), null);
  }

  /** A single training split of unknown properties. */
  public static DataSplits ofTraining(Dataset dataset) {
    return of(DataSpec.ofFeatures(0, List.of()), Map.of(TRAIN, dataset), List.of(), "");
  }

  /** Names the parts of a data source in their usual order, without those that are null. */
  public static <T> Map<String, T> named(
      @Nullable T train, @Nullable T validation, @Nullable T test) {
    Map<String, T> named = new LinkedHashMap<>();
    Optional.ofNullable(train).ifPresent(it -> named.put(TRAIN, it));
    Optional.ofNullable(validation).ifPresent(it -> named.put(VALIDATION, it));
    Optional.ofNullable(test).ifPresent(it -> named.put(TEST, it));
    return named;
  }

  /**
   * Returns the training split.
   *
   * @throws InvalidSettings if there is no training split, or if it is empty
   */
  public Dataset train() {
    Dataset train = splits.get(TRAIN);
    if (train == null || train.size() == 0) {
      throw new InvalidSettings("The split \"train\" is missing or has no examples.");
    }
    return train;
  }

  /** The validation split; empty if there is none or if it has no examples. */
  public Optional<Dataset> validation() {
    return Optional.ofNullable(splits.get(VALIDATION)).filter(split -> split.size() > 0);
  }

  /**
   * Returns a copy with the given metrics; an entry {@link TaskMetrics} stands for the current
   * metrics.
   *
   * @throws InvalidSettings if a metric does not apply to the data, or if two values have the same
   *     name
   */
  public DataSplits withMetrics(List<MetricConfig> configs) {
    if (configs.equals(List.of(new TaskMetrics()))) {
      return this;
    }
    List<Supplier<Metric>> chosen = new ArrayList<>();
    for (MetricConfig config : configs) {
      if (config instanceof TaskMetrics) {
        chosen.addAll(metrics);
      } else {
        chosen.add(() -> config.create(spec));
      }
    }
    Set<String> names = new HashSet<>(Set.of(Evaluation.LOSS));
    for (Supplier<Metric> each : chosen) {
      Metric metric = each.get();
      for (String name : metric.values(metric.sums()).keySet()) {
        if (!names.add(name)) {
          throw new InvalidSettings(
              "metrics: two metrics have a value named \"%s\"; each name may be used once.", name);
        }
      }
    }
    return RecordCopy.with(this, "metrics", chosen);
  }

  /** The names of the loss and the metrics, each with its mode if it is declared. */
  public Map<String, Optional<Mode>> modes() {
    Map<String, Optional<Mode>> modes = new LinkedHashMap<>();
    modes.put(Evaluation.LOSS, Optional.of(Mode.MIN));
    for (Supplier<Metric> each : metrics) {
      Metric metric = each.get();
      metric.values(metric.sums()).keySet().forEach(name -> modes.put(name, metric.mode(name)));
    }
    return modes;
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

  /** An additional file saved with the model. */
  @FunctionalInterface
  public interface ModelFile {
    void writeTo(Path file) throws IOException;
  }
}
