package dev.counterpoint.tasks.textclassification;

import dev.counterpoint.core.data.source.DataSplits;
import dev.counterpoint.core.storage.Sha256;
import dev.counterpoint.tasks.cache.SplitFiles;
import dev.counterpoint.tasks.cache.TrainOverlap;
import dev.counterpoint.tasks.tokenizer.TextEncoder;
import dev.counterpoint.tasks.tokenizer.TokenizerFile;
import dev.counterpoint.tasks.tokenizer.TokenizerFolder;
import dev.counterpoint.tasks.tokenizer.TokenizerSettings;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Reads the tables of a run and writes them as ids. The training text is read twice: labels and
 * vocabulary must be known before the first row is written.
 *
 * @param splits by name; {@code train} is one of them, where the labels are not known
 * @param tokenizer how a tokenizer is built, where none is given
 * @param given a tokenizer to be taken as it is, a file or a folder; null to build one
 * @param maxLength the most tokens of an item
 * @param known the labels in the order of their numbers; null for those of the training text
 */
record CacheBuilder(
    Map<String, LabelledRows> splits,
    TokenizerSettings tokenizer,
    @Nullable Path given,
    int maxLength,
    @Nullable List<String> known) {
  /** To be raised whenever the same settings come to be written differently. */
  private static final String FORMAT = "5";

  /** The same tables for a model that is trained already. */
  CacheBuilder ofTrained(@Nullable Path tokenizerFile, List<String> labels) {
    return new CacheBuilder(splits, tokenizer, tokenizerFile, maxLength, labels);
  }

  /** A name for all that the content hangs on, found without reading the tables. */
  String key() throws IOException {
    StringBuilder all = new StringBuilder(FORMAT).append(' ').append(maxLength).append('\n');
    all.append(known == null ? "" : known + "\n");
    all.append(given == null ? tokenizer : hash(TokenizerFolder.json(given))).append('\n');
    for (Map.Entry<String, LabelledRows> split : splits.entrySet()) {
      all.append(split.getKey()).append(' ').append(split.getValue().file().stamp()).append(' ');
      all.append(split.getValue().columns()).append('\n');
    }
    return hash(all.toString().getBytes(StandardCharsets.UTF_8)).substring(0, 32);
  }

  /** Writes a whole cache into an empty folder. */
  void build(Path folder) throws IOException {
    if (given != null && known != null) {
      write(folder, TokenizerFolder.json(given), known);
      return;
    }
    LabelledRows train = Objects.requireNonNull(splits.get(DataSplits.TRAIN));
    TrainingText training = TrainingText.read(train, tokenizer);
    byte[] json = given == null ? training.vocabulary().toJson() : TokenizerFolder.json(given);
    write(folder, json, training.labels());
  }

  private void write(Path folder, byte[] json, List<String> labels) throws IOException {
    Files.write(CacheContent.tokenizer(folder), json);
    String name = given == null ? "The tokenizer of the training text" : given.toString();
    try (TextEncoder encoder = new TextEncoder(json, name, maxLength)) {
      encode(folder, encoder, labels, json).write(folder);
    }
  }

  private CacheContent encode(Path folder, TextEncoder encoder, List<String> labels, byte[] json)
      throws IOException {
    MessageDigest items = Sha256.begin();
    items.update(json);
    items.update(labels.toString().getBytes(StandardCharsets.UTF_8));
    Map<String, CacheContent.SplitContent> contents = new LinkedHashMap<>();
    Map<String, String> sources = new LinkedHashMap<>();
    for (Map.Entry<String, LabelledRows> split : splits.entrySet()) {
      items.update(split.getKey().getBytes(StandardCharsets.UTF_8));
      SplitFiles files = new SplitFiles(folder, split.getKey());
      contents.put(
          split.getKey(), SplitBuilder.build(split.getValue(), files, encoder, labels, items));
      sources.put(split.getKey(), split.getValue().file().hash());
    }
    TokenizerFile file = encoder.file();
    return new CacheContent(
        DataSplits.fingerprint(HexFormat.of().formatHex(items.digest()), sources),
        maxLength,
        new CacheContent.Vocabulary(file.vocabularySize(), file.paddingId()),
        labels,
        contents,
        splits.containsKey(DataSplits.TRAIN) ? sharedWithTrain(folder) : Map.of());
  }

  private Map<String, TrainOverlap> sharedWithTrain(Path folder) throws IOException {
    SplitFiles train = new SplitFiles(folder, DataSplits.TRAIN);
    Map<String, TrainOverlap> shared = new LinkedHashMap<>();
    for (String split : splits.keySet()) {
      if (!split.equals(DataSplits.TRAIN)) {
        SplitFiles other = new SplitFiles(folder, split);
        shared.put(split, TrainOverlap.find(train, other));
        Files.delete(other.hashes());
      }
    }
    Files.delete(train.hashes());
    return shared;
  }

  private static String hash(byte[] content) {
    return HexFormat.of().formatHex(Sha256.begin().digest(content));
  }
}
