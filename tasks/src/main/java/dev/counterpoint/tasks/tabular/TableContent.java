package dev.counterpoint.tasks.tabular;

import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * Metadata of a cache folder of encoded rows, stored as {@code content.json}.
 *
 * @param fingerprint the SHA-256 of schema and encoded rows, followed by the hash of each file
 * @param splits the splits by name, in the order of the settings
 */
record TableContent(String fingerprint, TabularSchema schema, Map<String, SplitContent> splits) {
  /**
   * Statistics of one split.
   *
   * @param labelCounts the number of rows of each class; empty for numbers
   * @param unseen the number of values per column that are unseen or rare in the training split
   * @param imputed the number of missing values per column that never were in the training split
   * @param truncated the number of texts that have more tokens than the maximum
   */
  record SplitContent(
      long rows,
      List<Long> labelCounts,
      Map<String, Long> unseen,
      Map<String, Long> imputed,
      long truncated) {}

  SplitContent split(String name) {
    return Objects.requireNonNull(splits.get(name));
  }
}
