package dev.counterpoint.tasks.textclassification;

import dev.counterpoint.core.data.Dataset;
import dev.counterpoint.tasks.cache.CacheFolders;
import dev.counterpoint.tasks.cache.SplitFiles;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A folder of texts as ids, made once and whole: it is written beside its place and renamed into
 * it, so that neither a crash nor a second process leaves half of one. It may be deleted at any
 * time, and is made again.
 */
record TextCache(Path folder, CacheContent content) {
  /** The cache for the key of a builder; where there is none, or a damaged one, it is built. */
  static TextCache open(Path root, CacheBuilder builder) throws IOException {
    Path folder = root.resolve("text-" + builder.key());
    CacheFolders.fill(folder, builder::build);
    return new TextCache(folder, CacheContent.read(folder));
  }

  /** The splits, by name. */
  Map<String, Dataset> datasets(Map<String, LabelledRows> rows) throws IOException {
    Map<String, Dataset> datasets = new LinkedHashMap<>();
    for (Map.Entry<String, LabelledRows> split : rows.entrySet()) {
      String name = split.getKey();
      datasets.put(
          name,
          new TextDataset(
              split.getValue().file(),
              new SplitFiles(folder, name),
              content.split(name).rows(),
              content.vocabulary()));
    }
    return datasets;
  }

  /**
   * What a reader wants to know of the texts before a training.
   *
   * @param rows the tables that it was made of
   */
  List<String> notes(Map<String, LabelledRows> rows) {
    List<String> notes = new TextNotes(content, rows).all();
    notes.add("texts as ids in " + folder);
    return notes;
  }
}
