package dev.counterpoint.tasks.textclassification;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.counterpoint.tasks.cache.TrainOverlap;
import dev.counterpoint.tasks.table.Columns;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * What a cache folder says of itself, in {@code content.json}.
 *
 * @param fingerprint SHA-256 over tokenizer, labels, and all items; behind it that of each file, as
 *     {@link dev.counterpoint.core.data.source.DataSplits} has it
 * @param maxLength the most tokens of an item
 * @param labels their names in the order of their numbers
 * @param splits by name, in the order of the settings
 * @param sharedWithTrain for each split but that of training the texts that are in both
 */
record CacheContent(
    String fingerprint,
    int maxLength,
    Vocabulary vocabulary,
    List<String> labels,
    Map<String, SplitContent> splits,
    Map<String, TrainOverlap> sharedWithTrain) {
  private static final String NAME = "content.json";
  private static final String TOKENIZER = "tokenizer.json";

  /** The tokens. */
  record Vocabulary(int size, int paddingId) {}

  /**
   * The items of one split.
   *
   * @param truncated items that were cut to the longest length
   * @param blank items without a text
   * @param labelCounts items of each label, in the order of the labels
   * @param tokens of the texts, without those that the tokenizer puts around them
   * @param unknown how many of them the tokenizer does not know
   * @param columns {@link Columns#choice}
   */
  record SplitContent(
      long rows,
      long truncated,
      long blank,
      List<Long> labelCounts,
      long tokens,
      long unknown,
      String columns) {}

  SplitContent split(String name) {
    return Objects.requireNonNull(splits.get(name));
  }

  static Path tokenizer(Path folder) {
    return folder.resolve(TOKENIZER);
  }

  void write(Path folder) throws IOException {
    Files.write(folder.resolve(NAME), new ObjectMapper().writeValueAsBytes(this));
  }

  /** What a whole folder holds. */
  static CacheContent read(Path folder) throws IOException {
    return new ObjectMapper().readValue(folder.resolve(NAME).toFile(), CacheContent.class);
  }
}
