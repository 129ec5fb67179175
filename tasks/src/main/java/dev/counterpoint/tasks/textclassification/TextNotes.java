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

/** Lines about texts, for people: how many, of which labels, and what may be wrong with them. */
record TextNotes(CacheContent content, Map<String, LabelledRows> rows) {
  /** Up to so many labels are listed; of more, only some are named. */
  private static final int LISTED = 10;

  /** The lines in the order of the splits. */
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
              "%s: %s (%s) longer than %,d tokens and cut",
              name, rows(split.truncated()), share(split), content.maxLength()));
    }
    UnknownTokens.note(name, split.unknown(), split.tokens()).ifPresent(notes::add);
    if (split.blank() > 0) {
      notes.add(note("%s: %s with an empty text", name, rows(split.blank())));
    }
    if (name.equals(DataSplits.TRAIN)) {
      ofLabels(split.labelCounts(), notes);
    }
    TrainOverlap shared = content.sharedWithTrain().get(name);
    if (shared != null) {
      notes.add(shared.rows() == 0 ? note("%s: no text is in train, too", name) : of(name, shared));
    }
    return notes;
  }

  /**
   * Labels that may be slips: nothing is learned of one row, nor of names alike but for their case.
   */
  private void ofLabels(List<Long> counts, List<String> notes) {
    List<String> once = new ArrayList<>();
    Map<String, List<String>> alike = new LinkedHashMap<>();
    for (int i = 0; i < counts.size(); i++) {
      String label = content.labels().get(i);
      if (counts.get(i) == 1) {
        once.add("\"" + label + "\"");
      }
      alike
          .computeIfAbsent(label.toLowerCase(Locale.ROOT), any -> new ArrayList<>())
          .add("\"" + label + "\"");
    }
    List<String> differing =
        alike.values().stream()
            .filter(labels -> labels.size() > 1)
            .map(labels -> String.join(" and ", labels))
            .toList();
    if (!once.isEmpty()) {
      notes.add(note("%s: labels of one row alone: %s", DataSplits.TRAIN, listed(once)));
    }
    if (!differing.isEmpty()) {
      notes.add(
          note("%s: labels that differ in case alone: %s", DataSplits.TRAIN, listed(differing)));
    }
  }

  private static String listed(List<String> names) {
    int more = names.size() - LISTED;
    return String.join(", ", names.subList(0, Math.min(LISTED, names.size())))
        + (more > 0 ? note(", and %,d more", more) : "");
  }

  private String of(String name, TrainOverlap shared) {
    return note(
        "%s: %s with a text that is in train, too: %s has that of %s",
        name,
        rows(shared.rows()),
        origin(name, shared.line()),
        origin(DataSplits.TRAIN, shared.trainLine()));
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
    if (counts.size() > LISTED && Collections.min(counts).equals(Collections.max(counts))) {
      return note(" of %,d labels, %s of each", counts.size(), rows(counts.get(0)));
    }
    if (counts.size() > LISTED) {
      return note(" of %,d labels, from %s to %s", counts.size(), least(counts), most(counts));
    }
    return IntStream.range(0, counts.size())
        .mapToObj(label -> labelled(label, counts.get(label)))
        .collect(Collectors.joining(", ", " (", ")"));
  }

  private String least(List<Long> counts) {
    long least = Collections.min(counts);
    return labelled(counts.indexOf(least), least);
  }

  private String most(List<Long> counts) {
    long most = Collections.max(counts);
    return labelled(counts.indexOf(most), most);
  }

  private String labelled(int label, long count) {
    return note("%s: %,d", content.labels().get(label), count);
  }

  @FormatMethod
  private static String note(String format, Object... values) {
    return String.format(Locale.ROOT, format, values);
  }
}
