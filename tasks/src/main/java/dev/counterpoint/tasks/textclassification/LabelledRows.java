package dev.counterpoint.tasks.textclassification;

import dev.counterpoint.tasks.table.Columns;
import dev.counterpoint.tasks.table.SourceFile;
import dev.counterpoint.tasks.table.Table;
import java.io.IOException;

/** The rows of a file as texts and their labels. */
record LabelledRows(SourceFile file, Columns columns) {
  /**
   * Hands over every row in turn.
   *
   * @return {@link Columns#choice}
   */
  String read(RowHandler handler) throws IOException {
    return file.read(
        table -> {
          String textColumn = columns.textOf(file, table);
          String labelColumn = columns.labelOf(file, table);
          for (Table.Row row = table.next(); row != null; row = table.next()) {
            String label = row.get(labelColumn).strip();
            if (label.isEmpty()) {
              throw file.wrong(row.line(), "has an empty \"" + labelColumn + "\".");
            }
            handler.row(row.line(), row.get(textColumn), label);
          }
          return columns.choice(table, textColumn, labelColumn);
        });
  }

  /** What is done with a row. */
  @FunctionalInterface
  interface RowHandler {
    void row(long line, String text, String label) throws IOException;
  }
}
