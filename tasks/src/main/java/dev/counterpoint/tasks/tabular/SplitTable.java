package dev.counterpoint.tasks.tabular;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.counterpoint.core.internal.storage.Json;
import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.tasks.table.Chunk;
import dev.counterpoint.tasks.table.SplitAssignment;
import dev.counterpoint.tasks.table.Table;
import dev.counterpoint.tasks.table.TableSource;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The rows of one split.
 *
 * @param name the name of the split
 * @param assignment the division of the file into splits; null if all its rows belong to this one
 */
record SplitTable(
    String name, TableSource file, Reading reading, @Nullable SplitAssignment assignment) {
  /** Receives consecutive rows. */
  @FunctionalInterface
  interface RowsHandler {
    void rows(Chunk rows) throws IOException;
  }

  /**
   * Passes the rows of the split to the handler, in file order.
   *
   * @param required columns that the file must have, which are read
   * @throws InvalidSettings if a column does not exist, or there are no rows
   */
  void read(Collection<String> required, RowsHandler handler) throws IOException {
    read(required, Long.MAX_VALUE, handler);
  }

  /** The values of the first rows of the split by name, null if missing: at most {@code count}. */
  List<ObjectNode> first(int count, List<String> names) throws IOException {
    List<ObjectNode> first = new ArrayList<>();
    read(
        names,
        count,
        rows -> {
          for (int row = 0; row < rows.size() && first.size() < count; row++) {
            ObjectNode values = Json.MAPPER.createObjectNode();
            for (String name : names) {
              values.put(name, reading.value(rows.column(name).text(row)));
            }
            first.add(values);
          }
        });
    return first;
  }

  /** Reads chunks of rows until the split has at least {@code enough} of them. */
  private void read(Collection<String> required, long enough, RowsHandler handler)
      throws IOException {
    long rows =
        file.read(
            reading.format(),
            table -> {
              required.forEach(column -> file.requireColumn(column, table.columns()));
              Set<String> names = new LinkedHashSet<>(required);
              List<String> keys =
                  assignment == null ? List.of() : assignment.columns(table.columns());
              names.addAll(keys);
              long count = 0;
              for (Chunk all = table.next(names);
                  all != null && count < enough;
                  all = table.next(names)) {
                Chunk own = assignment == null ? all : own(all, keys, assignment);
                count += own.size();
                handler.rows(own);
              }
              return count;
            });
    if (rows == 0) {
      throw new InvalidSettings(
          "%s has no rows%s",
          file.name(), assignment == null ? "." : " for the split " + name + assignment.advice());
    }
  }

  private Chunk own(Chunk all, List<String> keys, SplitAssignment splits) throws IOException {
    int[] rows = new int[all.size()];
    int count = 0;
    for (int row = 0; row < rows.length; row++) {
      if (splits.of(all, row, keys).equals(name)) {
        rows[count++] = row;
      }
    }
    return all.select(Arrays.copyOf(rows, count));
  }

  /** The columns of the file. */
  List<String> columns() throws IOException {
    return file.read(reading.format(), Table::columns);
  }
}
