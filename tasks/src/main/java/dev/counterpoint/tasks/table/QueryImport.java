package dev.counterpoint.tasks.table;

import dev.counterpoint.core.data.source.SqlQuery;
import dev.counterpoint.core.internal.storage.IoFailure;
import dev.counterpoint.core.internal.storage.Json;
import dev.counterpoint.core.internal.storage.Sha256;
import dev.counterpoint.core.settings.FileAccess;
import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.tasks.internal.cache.CacheFolders;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.LongBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Reads the rows of a query into a file of the cache folder. The name of its folder is a hash of
 * the rows in any order: while the database has the same rows, all runs and all ranks read them in
 * the order of the first import.
 */
final class QueryImport {
  /** The name of the file, which has one JSON object per row. */
  static final String ROWS = "rows.jsonl";

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
      CacheFolders.createIfAbsent(folder, it -> Files.move(draft, it.resolve(ROWS)));
      return new SourceFile(folder.resolve(ROWS), sql.name());
    } catch (IOException e) {
      throw new InvalidSettings(IoFailure.ofCache(e));
    } finally {
      Files.deleteIfExists(draft);
    }
  }

  /** Writes the rows, and returns their hash: the sum of the hashes of the rows. */
  private static String write(SqlQuery sql, Path draft) throws IOException {
    long[] sums = new long[4];
    long rows = 0;
    try (QueryTable table = QueryTable.of(sql);
        OutputStream out = new BufferedOutputStream(Files.newOutputStream(draft), 1 << 16)) {
      FileAccess.makeFilePrivate(draft);
      List<String> columns = table.columns();
      for (Table.Row row = table.next(); row != null; row = table.next()) {
        Map<String, @Nullable Object> values = new LinkedHashMap<>();
        for (String column : columns) {
          List<String> list = row.list(column);
          values.put(column, list == null ? row.find(column) : list);
        }
        byte[] line = Json.MAPPER.writeValueAsBytes(values);
        out.write(line);
        out.write('\n');
        LongBuffer hash = ByteBuffer.wrap(Sha256.begin().digest(line)).asLongBuffer();
        for (int i = 0; i < sums.length; i++) {
          sums[i] += hash.get(i);
        }
        rows++;
      }
    }
    if (rows == 0) {
      throw new InvalidSettings("%s has no rows.", sql.name());
    }
    String text = rows + " " + Arrays.toString(sums);
    return Sha256.of(text).substring(0, 32);
  }
}
