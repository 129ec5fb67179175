package dev.counterpoint.tasks.table;

import java.io.Closeable;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Table of rows with named fields, read sequentially. */
public interface Table extends Closeable {
  /** The column names in the order of the file; empty if the file is empty. */
  List<String> columns();

  /** The next row, or null after the last. */
  @Nullable Row next() throws IOException;

  /**
   * The next rows, or null after the last; not combined with {@link #next()}.
   *
   * @param names the columns to read, the same in each call
   */
  default @Nullable Chunk next(Collection<String> names) throws IOException {
    List<Row> rows = new ArrayList<>();
    while (rows.size() < Chunk.SIZE) {
      Row row = next();
      if (row == null) {
        break;
      }
      rows.add(row);
    }
    return rows.isEmpty() ? null : Chunk.of(rows, names);
  }

  /** One row. */
  interface Row {
    /** The line number in the file, or the number of the row of a query, counted from 1. */
    long line();

    /** Returns a field by column name. */
    String get(String column);

    /** Returns a field by column name; null if it is null or absent in JSON, or NULL in SQL. */
    @Nullable String find(String column);

    /** Returns the texts of a field that is a list; null if the field is not a list. */
    default @Nullable List<String> list(String column) {
      return null;
    }
  }
}
