package dev.counterpoint.tasks.textclassification;

import dev.counterpoint.core.data.Dataset;
import dev.counterpoint.core.data.source.DataSplits;
import dev.counterpoint.tasks.internal.cache.CacheFolders;
import dev.counterpoint.tasks.internal.cache.SplitFiles;
import dev.counterpoint.tasks.targets.LabelNumbers;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Cache folder of tokenized texts. It is created atomically: neither a crash nor a concurrent
 * process leaves an incomplete folder. It can be deleted at any time and is then recreated.
 */
record TextCache(Path folder, CacheContent content) {
  /** Opens the cache for the builder's key; builds it if it is missing or damaged. */
  static TextCache open(Path root, CacheBuilder builder) throws IOException {
    Path folder = root.resolve("text-" + builder.key());
    return new TextCache(folder, CacheFolders.describe(folder, CacheContent.class, builder::build));
  }

  /** Returns the datasets by split name; weights of classes apply to the training split. */
  Map<String, Dataset> datasets(
      Map<String, LabelledRows> rows,
      boolean balanceClasses,
      @Nullable Map<String, Double> classWeights)
      throws IOException {
    Map<String, Dataset> datasets = new LinkedHashMap<>();
    for (Map.Entry<String, LabelledRows> split : rows.entrySet()) {
      String name = split.getKey();
      List<Double> weights =
          name.equals(DataSplits.TRAIN)
              ? LabelNumbers.weights(
                  balanceClasses, classWeights, content.labels(), content.split(name).labelCounts())
              : List.of();
      datasets.put(
          name, new TextDataset(split.getValue(), new SplitFiles(folder, name), content, weights));
    }
    return datasets;
  }

  /**
   * Returns notes about the texts, to be logged before training.
   *
   * @param rows the tables that the cache was built from
   */
  List<String> notes(Map<String, LabelledRows> rows) {
    List<String> notes = new TextNotes(content, rows).all();
    notes.add("tokenized texts cached in " + folder);
    return notes;
  }
}
