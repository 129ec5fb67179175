package dev.counterpoint.tasks.textclassification;

import dev.counterpoint.core.data.TargetScale;
import dev.counterpoint.tasks.internal.cache.TrainOverlap;
import dev.counterpoint.tasks.table.Columns;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Metadata of a cache folder, stored as {@code content.json}.
 *
 * @param fingerprint the SHA-256 of tokenizer, labels and all examples, followed by the hash of
 *     each source file, in the format of {@link dev.counterpoint.core.data.source.DataSplits}
 * @param maxLength the maximum number of tokens of an example
 * @param labels the class labels in the order of their ids, or the names of the targets
 * @param labelSets the sets of label ids, which the examples refer to, for several labels per text;
 *     null for one label each
 * @param scale the scale of the numbers of a regression; null for labels
 * @param pairs whether an example has two texts
 * @param weighted whether examples have a weight
 * @param splits the splits by name, in the order of the settings
 * @param sharedWithTrain the overlap of each other split with the training split
 */
record CacheContent(
    String fingerprint,
    int maxLength,
    Vocabulary vocabulary,
    List<String> labels,
    @Nullable List<List<Integer>> labelSets,
    @Nullable TargetScale scale,
    boolean pairs,
    boolean weighted,
    Map<String, SplitContent> splits,
    Map<String, TrainOverlap> sharedWithTrain) {
  /** Vocabulary size and padding id of the tokenizer. */
  record Vocabulary(int size, int paddingId) {}

  /**
   * Statistics of one split.
   *
   * @param truncated the number of examples truncated to the maximum length
   * @param blank the number of examples with a blank text
   * @param labelCounts the number of examples of each label, in the order of the labels
   * @param tokens the number of tokens, without special tokens
   * @param unknown the number of those tokens that are unknown to the tokenizer
   * @param columns the result of {@link Columns#describeDetected}
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
}
