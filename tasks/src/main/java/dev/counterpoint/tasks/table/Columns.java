package dev.counterpoint.tasks.table;

import dev.counterpoint.core.settings.InvalidSettings;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Which columns have the text and the label: as the settings say, else found by their names.
 *
 * @param text null to find it
 * @param label null to find it
 */
public record Columns(@Nullable String text, @Nullable String label) {
  /** What tables have between their fields, and this one has in the name of its only column. */
  private static final List<Map.Entry<String, String>> SEPARATORS =
      List.of(
          Map.entry("\t", "tabs"),
          Map.entry(";", "semicolons"),
          Map.entry(",", "commas"),
          Map.entry("|", "bars"));

  private static final int MOST_TOLD = 10;
  private static final List<String> TEXTS =
      List.of(
          "text",
          "sentence",
          "review",
          "content",
          "comment",
          "message",
          "body",
          "document",
          "description",
          "tweet",
          "question");
  private static final List<String> LABELS =
      List.of(
          "label",
          "labels",
          "class",
          "sentiment",
          "category",
          "target",
          "topic",
          "intent",
          "polarity",
          "rating",
          "y");

  public String textOf(SourceFile file, Table table) {
    return find(file, "text", text, TEXTS, table.columns());
  }

  public String labelOf(SourceFile file, Table table) {
    return find(file, "label", label, LABELS, table.columns());
  }

  /**
   * Which columns were taken for their usual names where there were others to choose from; empty
   * where there is nothing to tell.
   *
   * @param textColumn that of the text
   * @param labelColumn that of the label; null where none is read
   */
  public String choice(Table table, String textColumn, @Nullable String labelColumn) {
    List<String> found = new ArrayList<>();
    if (text == null) {
      found.add("the text is read from the column \"" + textColumn + "\"");
    }
    if (label == null && labelColumn != null) {
      found.add("the label is read from the column \"" + labelColumn + "\"");
    }
    List<String> others =
        table.columns().stream()
            .filter(it -> !it.isBlank() && !it.equals(textColumn) && !it.equals(labelColumn))
            .toList();
    return found.isEmpty() || others.isEmpty()
        ? ""
        : String.join(", ", found) + "; there are also " + shortened(others);
  }

  private static String shortened(List<String> columns) {
    int more = columns.size() - MOST_TOLD;
    return String.join(", ", columns.subList(0, Math.min(MOST_TOLD, columns.size())))
        + (more > 0 ? ", and " + more + " more" : "");
  }

  private static String find(
      SourceFile file,
      String role,
      @Nullable String asked,
      List<String> usual,
      List<String> there) {
    if (asked != null) {
      return named(asked, there)
          .orElseThrow(
              () ->
                  new InvalidSettings(
                      file.path() + " has no column \"" + asked + "\"; " + list(there)));
    }
    return usual.stream()
        .flatMap(name -> named(name, there).stream())
        .findFirst()
        .orElseThrow(
            () ->
                new InvalidSettings(
                    file.path()
                        + " has no column with a usual name for the "
                        + role
                        + " ("
                        + String.join(", ", usual)
                        + "); "
                        + list(there)
                        + " Set \""
                        + role
                        + "\" to one of them."));
  }

  /** A column of the name; where none has it exactly, one that differs in case alone. */
  private static Optional<String> named(String name, List<String> there) {
    return there.contains(name)
        ? Optional.of(name)
        : there.stream().filter(column -> column.strip().equalsIgnoreCase(name)).findFirst();
  }

  private static String list(List<String> columns) {
    String all = "it has: " + String.join(", ", columns) + ".";
    return columns.size() > 1
        ? all
        : SEPARATORS.stream()
            .filter(separator -> columns.get(0).contains(separator.getKey()))
            .findFirst()
            .map(separator -> all + separated(separator.getValue()))
            .orElse(all);
  }

  private static String separated(String by) {
    return " Its fields seem to stand between "
        + by
        + ": between commas they belong into a .csv file, between tabs into a .tsv file, and what"
        + " stands between other signs must be saved as one of these.";
  }
}
