package dev.counterpoint.tasks.table;

import dev.counterpoint.core.data.source.SqlQuery;
import dev.counterpoint.core.settings.FileAccess;
import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.tasks.internal.cache.CacheFolders;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.UUID;

/**
 * Reads the rows of a query into a file of the cache folder. The name of its folder is a hash of
 * the rows in any order: while the database has the same rows, all runs and all ranks read them in
 * the order of the first import.
 */
final class QueryImport {
  private QueryImport() {}

  /**
   * Runs the query.
   *
   * @throws InvalidSettings if it fails or has no rows; nothing stays in the cache then
   */
  static SourceFile run(SqlQuery sql, Path cache) throws IOException {
    FileAccess.createPrivateFolder(cache);
    Path draft = cache.resolve("query" + CacheFolders.TEMPORARY + UUID.randomUUID());
    try {
      Path folder = cache.resolve("query-" + write(sql, draft));
      String name = SourceFile.ROWS + "." + SourceFile.ROWS;
      CacheFolders.createIfAbsent(folder, it -> Files.move(draft, it.resolve(name)));
      return new SourceFile(folder.resolve(name), sql.name());
    } finally {
      Files.deleteIfExists(draft);
    }
  }

  /** Writes the rows, and returns their hash. */
  private static String write(SqlQuery sql, Path draft) throws IOException {
    try (QueryTable table = QueryTable.of(sql);
        RowsTable.Writer writer =
            new RowsTable.Writer(
                new BufferedOutputStream(Files.newOutputStream(draft), 1 << 16), table.columns())) {
      FileAccess.makeFilePrivate(draft);
      for (Table.Row row = table.next(); row != null; row = table.next()) {
        writer.add(row);
      }
      if (writer.rows() == 0) {
        throw new InvalidSettings("%s has no rows.", sql.name());
      }
      return writer.hash();
    }
  }
}
