package dev.counterpoint.tasks.table;

import java.io.Closeable;
import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Table of rows with named fields, read sequentially. */
public interface Table extends Closeable {
  /** The column names in the order of the file; empty if the file is empty. */
  List<String> columns();

  /** The next row, or null after the last. */
  @Nullable Row next() throws IOException;

  /** One row. */
  interface Row {
    /** The line number in the file, counted from 1. */
    long line();

    /** Returns a field by column name. */
    String get(String column);

    /** Returns a field by column name; null if JSON has null or nothing there. */
    @Nullable String find(String column);
  }
}
