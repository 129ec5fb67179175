package dev.counterpoint.tasks.textclassification;

import dev.counterpoint.tasks.table.Columns;
import dev.counterpoint.tasks.table.SourceFile;
import dev.counterpoint.tasks.table.Table;
import java.io.IOException;

/** Reads the texts and labels of a table. */
record LabelledRows(SourceFile file, Columns columns) {
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
            String label = row.get(labelColumn).strip();
            if (label.isEmpty()) {
              throw file.invalidLine(row.line(), "has an empty \"" + labelColumn + "\".");
            }
            handler.row(row.line(), row.get(textColumn), label);
          }
          return columns.describeDetected(table, textColumn, labelColumn);
        });
  }

  /** Callback that receives each row. */
  @FunctionalInterface
  interface RowHandler {
    void row(long line, String text, String label) throws IOException;
  }
}
