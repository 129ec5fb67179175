package dev.counterpoint.tasks.table;

import java.io.Closeable;
import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Rows of named fields, read one after another. */
public interface Table extends Closeable {
  /** The names in the order of the file; none where the file is empty. */
  List<String> columns();

  /** The next row, or null after the last. */
  @Nullable Row next() throws IOException;

  /** One row. */
  interface Row {
    /** Where it is in the file, from 1. */
    long line();

    /** A field by the name of its column. */
    String get(String column);
  }
}
