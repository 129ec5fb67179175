package dev.counterpoint.tasks.textclassification;

import com.google.errorprone.annotations.FormatMethod;
import dev.counterpoint.core.data.source.DataSplits;
import dev.counterpoint.tasks.cache.TrainOverlap;
import dev.counterpoint.tasks.tokenizer.UnknownTokens;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Notes about the texts of each split: number of rows, label distribution and possible problems.
 */
record TextNotes(CacheContent content, Map<String, LabelledRows> rows) {
  /** If there are more labels than this, only the most and least frequent ones are named. */
  private static final int MAX_LISTED = 10;

  /** Returns all notes in the order of the splits. */
  List<String> all() {
    List<String> notes = new ArrayList<>();
    content.splits().forEach((name, split) -> notes.addAll(of(name, split)));
    return notes;
  }

  private List<String> of(String name, CacheContent.SplitContent split) {
    List<String> notes = new ArrayList<>();
    notes.add(note("%s: %s%s", name, rows(split.rows()), balance(split.labelCounts())));
    if (!split.columns().isEmpty()) {
      notes.add(note("%s: %s", name, split.columns()));
    }
    if (split.truncated() > 0) {
      notes.add(
          note(
              "%s: %s (%s) truncated to %,d tokens",
              name, rows(split.truncated()), share(split), content.maxLength()));
    }
    UnknownTokens.note(name, split.unknown(), split.tokens()).ifPresent(notes::add);
    if (split.blank() > 0) {
      notes.add(note("%s: %s with an empty text", name, rows(split.blank())));
    }
    if (name.equals(DataSplits.TRAIN)) {
      addLabelNotes(split.labelCounts(), notes);
    }
    TrainOverlap overlap = content.sharedWithTrain().get(name);
    if (overlap != null) {
      notes.add(overlap.rows() == 0 ? note("%s: no overlap with train", name) : of(name, overlap));
    }
    return notes;
  }

  /**
   * Adds notes about possible label errors: labels with a single row, and labels that differ only
   * in case.
   */
  private void addLabelNotes(List<Long> counts, List<String> notes) {
    List<String> single = new ArrayList<>();
    Map<String, List<String>> byLowercase = new LinkedHashMap<>();
    for (int i = 0; i < counts.size(); i++) {
      String label = content.labels().get(i);
      if (counts.get(i) == 1) {
        single.add("\"" + label + "\"");
      }
      byLowercase
          .computeIfAbsent(label.toLowerCase(Locale.ROOT), any -> new ArrayList<>())
          .add("\"" + label + "\"");
    }
    List<String> caseVariants =
        byLowercase.values().stream()
            .filter(labels -> labels.size() > 1)
            .map(labels -> String.join(" and ", labels))
            .toList();
    if (!single.isEmpty()) {
      notes.add(note("%s: labels with a single row: %s", DataSplits.TRAIN, join(single)));
    }
    if (!caseVariants.isEmpty()) {
      notes.add(
          note("%s: labels that differ only in case: %s", DataSplits.TRAIN, join(caseVariants)));
    }
  }

  private static String join(List<String> names) {
    int more = names.size() - MAX_LISTED;
    return String.join(", ", names.subList(0, Math.min(MAX_LISTED, names.size())))
        + (more > 0 ? note(", and %,d more", more) : "");
  }

  private String of(String name, TrainOverlap overlap) {
    return note(
        "%s: %s with a text that is also in train, such as %s (same as %s)",
        name,
        rows(overlap.rows()),
        origin(name, overlap.line()),
        origin(DataSplits.TRAIN, overlap.trainLine()));
  }

  private String origin(String split, long line) {
    return Objects.requireNonNull(rows.get(split)).file().origin(line);
  }

  private static String rows(long count) {
    return note(count == 1 ? "%,d row" : "%,d rows", count);
  }

  private static String share(CacheContent.SplitContent split) {
    double percent = 100.0 * split.truncated() / split.rows();
    return percent < 1 ? "less than 1 %" : Math.round(percent) + " %";
  }

  private String balance(List<Long> counts) {
    if (counts.size() > MAX_LISTED && Collections.min(counts).equals(Collections.max(counts))) {
      return note(" with %,d labels, %s each", counts.size(), rows(counts.get(0)));
    }
    if (counts.size() > MAX_LISTED) {
      return note(
          " with %,d labels, from %s to %s",
          counts.size(),
          labelled(counts, Collections.min(counts)),
          labelled(counts, Collections.max(counts)));
    }
    return IntStream.range(0, counts.size())
        .mapToObj(label -> labelled(label, counts.get(label)))
        .collect(Collectors.joining(", ", " (", ")"));
  }

  private String labelled(List<Long> counts, long count) {
    return labelled(counts.indexOf(count), count);
  }

  private String labelled(int label, long count) {
    return note("%s: %,d", content.labels().get(label), count);
  }

  @FormatMethod
  private static String note(String format, Object... values) {
    return String.format(Locale.ROOT, format, values);
  }
}
