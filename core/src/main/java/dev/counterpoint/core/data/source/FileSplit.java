package dev.counterpoint.core.data.source;

import dev.counterpoint.core.settings.Checks;
import dev.counterpoint.core.settings.InvalidSettings;
import org.jspecify.annotations.Nullable;

/**
 * A split that is read from files, or from a database.
 *
 * @param path the path as written in the run file: a file; for tables and texts also a folder, or a
 *     pattern of file names, such as {@code data/part-*.parquet}
 * @param sql the query of a table, instead of {@code path}
 */
public record FileSplit(@Nullable String path, @Nullable SqlQuery sql) {
  public FileSplit {
    new Checks()
        .that(path != null || sql != null, "path", "", "is missing")
        .that(path == null || sql == null, "sql", "", "cannot be combined with path")
        .verify();
  }

  /** A split that is read from files. */
  public FileSplit(String path) {
    this(path, null);
  }

  /**
   * The path of a file.
   *
   * @throws InvalidSettings if the split is a query
   */
  public String file() {
    if (path == null) {
      throw new InvalidSettings("This data source reads files; sql is only for tables. Set path.");
    }
    return path;
  }
}
