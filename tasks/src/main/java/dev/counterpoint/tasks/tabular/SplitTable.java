package dev.counterpoint.tasks.tabular;

import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.tasks.table.SplitAssignment;
import dev.counterpoint.tasks.table.Table;
import dev.counterpoint.tasks.table.TableSource;
import java.io.IOException;
import java.util.Collection;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The rows of one split.
 *
 * @param name the name of the split
 * @param assignment the division of the file into splits; null if all its rows belong to this one
 */
record SplitTable(
    String name, TableSource file, Reading reading, @Nullable SplitAssignment assignment) {
  /** Receives each row. */
  @FunctionalInterface
  interface RowHandler {
    void row(Table.Row row) throws IOException;
  }

  /**
   * Passes each row of the split to the handler, in file order.
   *
   * @param required columns that the file must have
   * @throws InvalidSettings if a column does not exist, or there are no rows
   */
  void read(Collection<String> required, RowHandler handler) throws IOException {
    long rows =
        file.read(
            reading.format(),
            table -> {
              required.forEach(column -> file.requireColumn(column, table.columns()));
              long count = 0;
              for (Table.Row row = table.next(); row != null; row = table.next()) {
                if (assignment == null || assignment.of(row, table.columns()).equals(name)) {
                  count++;
                  handler.row(row);
                }
              }
              return count;
            });
    if (rows == 0) {
      throw new InvalidSettings(
          assignment == null ? "%s has no rows." : "%s has no rows for the split " + name + ".",
          file.name());
    }
  }

  /** The columns of the file. */
  List<String> columns() throws IOException {
    return file.read(reading.format(), Table::columns);
  }
}
