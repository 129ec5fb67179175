package dev.counterpoint.tasks.textclassification;

import dev.counterpoint.core.settings.Excerpt;
import dev.counterpoint.tasks.table.Columns;
import dev.counterpoint.tasks.table.Table;
import dev.counterpoint.tasks.table.TableSource;
import java.io.IOException;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Reads the texts and labels of a table.
 *
 * @param separator separates the labels of a text, which may have none; null for one label each
 */
record LabelledRows(TableSource file, Columns columns, @Nullable String separator) {
  /**
   * Passes each row to the handler, in file order.
   *
   * @return the result of {@link Columns#describeDetected}
   */
  String read(RowHandler handler) throws IOException {
    return file.read(
        table -> {
          String textColumn = columns.textColumn(file, table);
          String labelColumn = columns.labelColumn(file, table);
          for (Table.Row row = table.next(); row != null; row = table.next()) {
            String label = label(row, labelColumn).strip();
            if (label.isEmpty() && separator == null) {
              throw file.invalidLine(row.line(), "has an empty \"" + labelColumn + "\".");
            }
            handler.row(row.line(), row.get(textColumn), label);
          }
          return columns.describeDetected(table, textColumn, labelColumn);
        });
  }

  /** The text of the label column; a list of labels is joined by the separator. */
  private String label(Table.Row row, String column) {
    List<String> list = separator == null ? null : row.list(column);
    if (list == null) {
      return row.get(column);
    }
    for (String each : list) {
      if (each.contains(separator)) {
        throw file.invalidLine(
            row.line(),
            "has the label \"%s\", which contains labelSeparator; set another one."
                .formatted(Excerpt.ofItem(each)));
      }
    }
    return String.join(separator, list);
  }

  /** The labels of a text, each once, in the order of the file. */
  List<String> labels(String label) {
    return separator == null
        ? List.of(label)
        : Pattern.compile(separator, Pattern.LITERAL)
            .splitAsStream(label)
            .map(String::strip)
            .filter(it -> !it.isEmpty())
            .distinct()
            .toList();
  }

  /** Callback that receives each row. */
  @FunctionalInterface
  interface RowHandler {
    void row(long line, String text, String label) throws IOException;
  }
}
