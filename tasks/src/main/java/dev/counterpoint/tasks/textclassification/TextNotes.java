package dev.counterpoint.tasks.textclassification;

import dev.counterpoint.core.data.TargetScale;
import dev.counterpoint.core.data.source.DataSplits;
import dev.counterpoint.core.settings.Excerpt;
import dev.counterpoint.core.settings.Formats;
import dev.counterpoint.tasks.internal.cache.TrainOverlap;
import dev.counterpoint.tasks.targets.LabelNotes;
import dev.counterpoint.tasks.targets.LabelNumbers;
import dev.counterpoint.tasks.tokenizer.UnknownTokens;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;

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
    notes.add(Formats.of("%s: %s%s", name, rows(split.rows()), balance(split.labelCounts())));
    TargetScale scale = content.scale();
    for (int i = 0;
        scale != null && name.equals(DataSplits.TRAIN) && i < scale.means().size();
        i++) {
      notes.add(
          Formats.of(
              "target %s: mean %s, standard deviation %s",
              Excerpt.ofItem(content.labels().get(i)),
              Formats.number(scale.means().get(i)),
              Formats.number(scale.deviations().get(i))));
    }
    if (!split.columns().isEmpty()) {
      notes.add(Formats.of("%s: %s", name, split.columns()));
    }
    if (split.truncated() > 0) {
      notes.add(
          Formats.of(
              "%s: %s (%s) truncated to %,d tokens",
              name, rows(split.truncated()), share(split), content.maxLength()));
    }
    UnknownTokens.note(name, split.unknown(), split.tokens()).ifPresent(notes::add);
    if (split.blank() > 0) {
      notes.add(Formats.of("%s: %s with an empty text", name, rows(split.blank())));
    }
    if (name.equals(DataSplits.TRAIN)) {
      notes.addAll(LabelNotes.of(content.labels(), split.labelCounts()));
    }
    TrainOverlap overlap = content.sharedWithTrain().get(name);
    if (overlap != null) {
      notes.add(
          overlap.rows() == 0 ? Formats.of("%s: no overlap with train", name) : of(name, overlap));
    }
    return notes;
  }

  private String of(String name, TrainOverlap overlap) {
    return Formats.of(
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
    return count == 1 ? "1 row" : Formats.of("%,d rows", count);
  }

  private static String share(CacheContent.SplitContent split) {
    double percent = 100.0 * split.truncated() / split.rows();
    return percent < 1 ? "less than 1 %" : Math.round(percent) + " %";
  }

  private String balance(List<Long> counts) {
    if (counts.isEmpty()) {
      return "";
    }
    if (counts.size() > MAX_LISTED && Collections.min(counts).equals(Collections.max(counts))) {
      return Formats.of(" with %,d labels, %s each", counts.size(), rows(counts.get(0)));
    }
    if (counts.size() > MAX_LISTED) {
      return Formats.of(
          " with %,d labels, from %s to %s",
          counts.size(),
          labelled(counts, Collections.min(counts)),
          labelled(counts, Collections.max(counts)));
    }
    return LabelNumbers.describe(content.labels(), counts);
  }

  private String labelled(List<Long> counts, long count) {
    String label = content.labels().get(counts.indexOf(count));
    return Formats.of("%s: %,d", Excerpt.ofItem(label), count);
  }
}
