package dev.counterpoint.tasks.textclassification;

import dev.counterpoint.core.data.TargetScale;
import dev.counterpoint.core.data.source.DataSplits;
import dev.counterpoint.core.settings.Excerpt;
import dev.counterpoint.core.settings.Formats;
import dev.counterpoint.tasks.internal.cache.TrainOverlap;
import dev.counterpoint.tasks.targets.LabelNumbers;
import dev.counterpoint.tasks.tokenizer.UnknownTokens;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Pattern;

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
      addLabelNotes(split.labelCounts(), notes);
    }
    TrainOverlap overlap = content.sharedWithTrain().get(name);
    if (overlap != null) {
      notes.add(
          overlap.rows() == 0 ? Formats.of("%s: no overlap with train", name) : of(name, overlap));
    }
    return notes;
  }

  /** What programs write for a missing value; a class of this name is rarely intended. */
  private static final Pattern MISSING =
      Pattern.compile("-?nan|none|null|n/?a|<na>|#n/?a|\\?", Pattern.CASE_INSENSITIVE);

  /** A whole number, as {@code 1} is written in a column of numbers with missing values. */
  private static final Pattern WHOLE = Pattern.compile("^([-+]?\\d+)\\.0+$");

  /**
   * Adds notes about possible label errors: labels with a single row, labels that differ only in
   * case or in invisible characters, and labels that stand for a missing value.
   */
  private void addLabelNotes(List<Long> counts, List<String> notes) {
    List<String> single = new ArrayList<>();
    List<String> missing = new ArrayList<>();
    Map<String, List<String>> byLowercase = new LinkedHashMap<>();
    Map<String, List<String>> byAppearance = new LinkedHashMap<>();
    for (int i = 0; i < counts.size(); i++) {
      String label = content.labels().get(i);
      if (counts.get(i) == 1) {
        single.add(quoted(label));
      }
      if (MISSING.matcher(label).matches()) {
        missing.add(quoted(label) + Formats.of(" (%s)", rows(counts.get(i))));
      }
      byAppearance
          .computeIfAbsent(
              WHOLE.matcher(Excerpt.appearance(label)).replaceFirst("$1"), any -> new ArrayList<>())
          .add('"' + Excerpt.codePoints(label) + '"');
      byLowercase
          .computeIfAbsent(label.toLowerCase(Locale.ROOT), any -> new ArrayList<>())
          .add(quoted(label));
    }
    add("labels with a single row", single, notes);
    add("labels that differ only in case", variants(byLowercase), notes);
    add(
        "different labels that look the same, or are the same number",
        variants(byAppearance),
        notes);
    add("labels that look like a missing value, but are classes", missing, notes);
  }

  private static String quoted(String label) {
    return '"' + Excerpt.ofItem(label) + '"';
  }

  private static List<String> variants(Map<String, List<String>> groups) {
    return groups.values().stream()
        .filter(labels -> labels.size() > 1)
        .map(labels -> String.join(" and ", labels))
        .toList();
  }

  private static void add(String problem, List<String> labels, List<String> notes) {
    if (!labels.isEmpty()) {
      notes.add(Formats.of("%s: %s: %s", DataSplits.TRAIN, problem, Excerpt.ofList(labels)));
    }
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
