package dev.counterpoint.tasks.targets;

import dev.counterpoint.core.data.source.DataSplits;
import dev.counterpoint.core.settings.Excerpt;
import dev.counterpoint.core.settings.Formats;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;

/** Notes about possible errors in the labels of the training split. */
public final class LabelNotes {
  /** Texts that programs write for a missing value; a class of this name is rarely intended. */
  private static final Pattern MISSING =
      Pattern.compile("-?nan|none|null|n/?a|<na>|#n/?a|\\?", Pattern.CASE_INSENSITIVE);

  /** A whole number, as {@code 1} is written in a column of numbers with missing values. */
  private static final Pattern WHOLE = Pattern.compile("^([-+]?\\d+)\\.0+$");

  private LabelNotes() {}

  /**
   * Notes labels with a single row, labels that differ only in case or in invisible characters, and
   * labels that stand for a missing value.
   *
   * @param counts the number of rows of each label; empty if there are no labels
   */
  public static List<String> of(List<String> labels, List<Long> counts) {
    List<String> notes = new ArrayList<>();
    List<String> single = new ArrayList<>();
    List<String> missing = new ArrayList<>();
    Map<String, List<String>> byLowercase = new LinkedHashMap<>();
    Map<String, List<String>> byAppearance = new LinkedHashMap<>();
    for (int i = 0; i < counts.size(); i++) {
      String label = labels.get(i);
      if (counts.get(i) == 1) {
        single.add(quoted(label));
      }
      if (MISSING.matcher(label).matches()) {
        missing.add(quoted(label) + Formats.of(" (%s)", Formats.count(counts.get(i), "row")));
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
    return notes;
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
}
