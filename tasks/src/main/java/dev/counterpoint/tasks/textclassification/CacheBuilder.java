package dev.counterpoint.tasks.textclassification;

import dev.counterpoint.core.data.DataSpec;
import dev.counterpoint.core.data.TargetScale;
import dev.counterpoint.core.data.source.DataSplits;
import dev.counterpoint.core.internal.storage.Sha256;
import dev.counterpoint.tasks.internal.cache.SplitFiles;
import dev.counterpoint.tasks.internal.cache.TrainOverlap;
import dev.counterpoint.tasks.tokenizer.TextEncoder;
import dev.counterpoint.tasks.tokenizer.Tokenizer;
import dev.counterpoint.tasks.tokenizer.TokenizerSettings;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Tokenizes the tables of a run into a cache folder. The training table is read twice: labels and
 * vocabulary must be known before the first row is written.
 *
 * @param splits the tables by split; includes {@code train} unless the labels are known
 * @param tokenizer the settings to build a tokenizer with, if there is no existing one
 * @param existingTokenizer an existing tokenizer; null to build a tokenizer
 * @param maxLength the maximum number of tokens of an example
 * @param trained the data that the model was trained with; null, or without labels, to take labels
 *     and scale of the training table
 */
record CacheBuilder(
    Map<String, LabelledRows> splits,
    TokenizerSettings tokenizer,
    @Nullable Tokenizer existingTokenizer,
    int maxLength,
    @Nullable DataSpec trained) {
  /** Version of the cache format; increase it if the same settings are written differently. */
  private static final String FORMAT = "7";

  /** Returns a builder for the same tables with the tokenizer and labels of a trained model. */
  CacheBuilder forTrainedModel(Tokenizer own, DataSpec data) {
    return new CacheBuilder(splits, tokenizer, own, maxLength, data);
  }

  /** Returns a cache key of everything that the content depends on, without reading the tables. */
  String key() throws IOException {
    StringBuilder key = new StringBuilder(FORMAT).append(' ').append(maxLength).append('\n');
    key.append(trained == null ? "" : trained.labels() + " " + trained.scale() + "\n");
    key.append(existingTokenizer == null ? tokenizer : existingTokenizer.key()).append('\n');
    for (Map.Entry<String, LabelledRows> split : splits.entrySet()) {
      key.append(split.getKey()).append(' ').append(split.getValue().file().stamp()).append(' ');
      key.append(split.getValue().settings().columns()).append('\n');
    }
    return Sha256.of(key.toString()).substring(0, 32);
  }

  /** Writes the complete cache into an empty folder. */
  CacheContent build(Path folder) throws IOException {
    if (existingTokenizer != null && trained != null && !trained.labels().isEmpty()) {
      return write(folder, existingTokenizer, trained.labels(), trained.scale());
    }
    LabelledRows train = Objects.requireNonNull(splits.get(DataSplits.TRAIN));
    TrainingText training = TrainingText.read(train, tokenizer);
    Tokenizer used =
        existingTokenizer == null ? training.vocabulary().tokenizer() : existingTokenizer;
    return write(folder, used, training.labels(), training.scale());
  }

  private CacheContent write(
      Path folder, Tokenizer used, List<String> labels, @Nullable TargetScale scale)
      throws IOException {
    used.save(folder);
    try (TextEncoder encoder = new TextEncoder(used, maxLength)) {
      return encode(folder, encoder, labels, scale);
    }
  }

  private CacheContent encode(
      Path folder, TextEncoder encoder, List<String> labels, @Nullable TargetScale scale)
      throws IOException {
    MessageDigest digest = Sha256.begin();
    digest.update(encoder.file().json());
    digest.update(labels.toString().getBytes(StandardCharsets.UTF_8));
    Map<String, CacheContent.SplitContent> contents = new LinkedHashMap<>();
    Map<String, String> sources = new LinkedHashMap<>();
    List<List<Integer>> labelSets = new ArrayList<>();
    for (Map.Entry<String, LabelledRows> split : splits.entrySet()) {
      digest.update(split.getKey().getBytes(StandardCharsets.UTF_8));
      SplitFiles files = new SplitFiles(folder, split.getKey());
      contents.put(
          split.getKey(),
          SplitBuilder.build(
              split.getValue(),
              files,
              encoder,
              scale == null ? labels : List.of(),
              labelSets,
              digest));
      sources.put(split.getKey(), split.getValue().file().hash());
    }
    boolean hasSets = splits.values().stream().anyMatch(it -> it.settings().hasSets());
    if (hasSets) {
      digest.update(labelSets.toString().getBytes(StandardCharsets.UTF_8));
    }
    Tokenizer file = encoder.file();
    return new CacheContent(
        DataSplits.fingerprint(Sha256.hex(digest), sources),
        maxLength,
        new CacheContent.Vocabulary(file.vocabularySize(), file.special().padding()),
        labels,
        hasSets ? labelSets : null,
        scale,
        splits.values().stream().anyMatch(it -> it.settings().text2() != null),
        splits.values().stream().anyMatch(it -> it.settings().weight() != null),
        contents,
        splits.containsKey(DataSplits.TRAIN) ? trainOverlaps(folder) : Map.of());
  }

  private Map<String, TrainOverlap> trainOverlaps(Path folder) throws IOException {
    SplitFiles train = new SplitFiles(folder, DataSplits.TRAIN);
    Map<String, TrainOverlap> overlaps = new LinkedHashMap<>();
    for (String split : splits.keySet()) {
      if (!split.equals(DataSplits.TRAIN)) {
        SplitFiles other = new SplitFiles(folder, split);
        overlaps.put(split, TrainOverlap.find(train, other));
        Files.delete(other.hashes());
      }
    }
    Files.delete(train.hashes());
    return overlaps;
  }
}
