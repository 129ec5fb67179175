package dev.counterpoint.tasks.table;

import dev.counterpoint.core.settings.Checks;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Format of a table of delimited values.
 *
 * @param separator the character between fields; null for that of the file name's extension
 * @param header whether the first line names the columns
 * @param columnNames the names of the columns; null for those of the header, or {@code column1},
 *     {@code column2} and so on
 * @param trim whether white space around fields is removed, also outside of quotes
 */
public record TableFormat(
    @Nullable String separator, boolean header, @Nullable List<String> columnNames, boolean trim) {
  public TableFormat {
    Checks checks = new Checks();
    if (separator != null) {
      checks.that(
          separator.length() == 1 && !"\"\r\n".contains(separator),
          "separator",
          "\"" + separator + "\"",
          "must be one character, such as \";\"");
    }
    if (columnNames != null) {
      columnNames = List.copyOf(columnNames);
      checks
          .that(!columnNames.isEmpty(), "columnNames", columnNames, "must be at least one name")
          .distinct("columnNames", columnNames);
    }
    checks.verify();
  }

  /** A file with a header whose fields are not trimmed. */
  public static TableFormat defaults() {
    return new TableFormat(null, true, null, false);
  }
}
