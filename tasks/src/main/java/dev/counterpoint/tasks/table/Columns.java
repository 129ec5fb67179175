package dev.counterpoint.tasks.table;

import dev.counterpoint.core.settings.Excerpt;
import dev.counterpoint.core.settings.InvalidSettings;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Selection of the text and label columns of a table: by the configured names, otherwise by common
 * column names.
 *
 * @param text the name of the text column; null to detect it
 * @param label the name of the label column; null to detect it
 */
public record Columns(@Nullable String text, @Nullable String label) {
  /**
   * Common field separators; one of them in the name of a single column suggests a wrong file
   * format.
   */
  private static final List<Map.Entry<String, String>> SEPARATORS =
      List.of(
          Map.entry("\t", "tabs"),
          Map.entry(";", "semicolons"),
          Map.entry(",", "commas"),
          Map.entry("|", "bars"));

  private static final List<String> TEXT_NAMES =
      List.of(
          "text sentence review content comment message body document description tweet question"
              .split(" "));
  private static final List<String> LABEL_NAMES =
      List.of(
          "label labels class sentiment category target topic intent polarity rating y".split(" "));

  private static final String LABEL_ADVICE =
      "If one of them contains the labels, set \"label\" to its name. A file without labels cannot be"
          + " used to train or evaluate: remove it from the data; predict reads texts without labels.";

  public String textColumn(TableSource file, Table table) {
    return find(file, "text", text, TEXT_NAMES, table.columns());
  }

  public String labelColumn(TableSource file, Table table) {
    return find(file, "label", label, LABEL_NAMES, table.columns());
  }

  /**
   * Describes the columns that were detected by their common names, if the table has other columns
   * to choose from; empty if there is nothing to report.
   *
   * @param textColumn the text column
   * @param labelColumn the label column; null if no label is read
   */
  public String describeDetected(Table table, String textColumn, @Nullable String labelColumn) {
    List<String> detected = new ArrayList<>();
    if (text == null) {
      detected.add("text column \"" + Excerpt.ofItem(textColumn) + "\"");
    }
    if (label == null && labelColumn != null) {
      detected.add("label column \"" + Excerpt.ofItem(labelColumn) + "\"");
    }
    List<String> others =
        table.columns().stream()
            .filter(it -> !it.isBlank() && !it.equals(textColumn) && !it.equals(labelColumn))
            .toList();
    return detected.isEmpty() || others.isEmpty()
        ? ""
        : String.join(", ", detected) + "; other columns: " + Excerpt.ofList(others);
  }

  private static String find(
      TableSource file,
      String role,
      @Nullable String requested,
      List<String> commonNames,
      List<String> columns) {
    if (requested != null) {
      return match(requested, columns)
          .orElseThrow(
              () ->
                  new InvalidSettings(
                      "%s has no column \"%s\"; %s",
                      file.name(), Excerpt.ofItem(requested), describe(columns)));
    }
    return commonNames.stream()
        .flatMap(name -> match(name, columns).stream())
        .findFirst()
        .orElseThrow(
            () ->
                new InvalidSettings(
                    "%s has no column with a common name for the %s (%s); %s %s",
                    file.name(),
                    role,
                    String.join(", ", commonNames),
                    describe(columns),
                    role.equals("label") ? LABEL_ADVICE : "Set \"text\" to one of them."));
  }

  /** Finds a column by name: an exact match, otherwise one that differs only in case. */
  private static Optional<String> match(String name, List<String> columns) {
    return columns.contains(name)
        ? Optional.of(name)
        : columns.stream().filter(column -> column.strip().equalsIgnoreCase(name)).findFirst();
  }

  private static String describe(List<String> columns) {
    return "its columns are: " + Excerpt.ofList(columns) + "." + separatorHint(columns);
  }

  /** A sentence about the separator, if the only column appears to have several fields. */
  static String separatorHint(List<String> columns) {
    return SEPARATORS.stream()
        .filter(separator -> columns.size() == 1 && columns.get(0).contains(separator.getKey()))
        .findFirst()
        .map(
            separator ->
                " The fields appear to be separated by %s; a .csv file must use commas and a .tsv file tabs. Rename or convert the file, or set data.separator if the type is tabular."
                    .formatted(separator.getValue()))
        .orElse("");
  }
}
