package dev.counterpoint.tasks.tabular;

import dev.counterpoint.tasks.table.Table;
import dev.counterpoint.tasks.table.TableFormat;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How the fields of a table are read.
 *
 * @param missing the texts that stand for a missing value
 * @param labels the labels that are renamed, with their new names
 */
record Reading(TableFormat format, List<String> missing, Map<String, String> labels) {
  /** The value of a field; null if it is missing. */
  @Nullable String value(Table.Row row, String column) {
    return value(row.find(column));
  }

  /** The value of a text; null if it stands for a missing value. */
  @Nullable String value(@Nullable String field) {
    String value = field != null && format.trim() ? field.strip() : field;
    return value == null || missing.contains(value) ? null : value;
  }

  /** The label of a row; null if it is missing. */
  @Nullable String label(Table.Row row, String column) {
    String value = value(row, column);
    return value == null ? null : labels.getOrDefault(value, value);
  }
}
