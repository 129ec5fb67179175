package dev.counterpoint.runner.cli.model;

import dev.counterpoint.core.internal.storage.DiskSync;
import dev.counterpoint.core.internal.storage.IoFailure;
import dev.counterpoint.core.internal.storage.Json;
import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.runner.cli.option.NewFile;
import dev.counterpoint.tasks.table.DuckDb;
import java.io.IOException;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.commons.csv.CSVFormat;
import org.jspecify.annotations.Nullable;

/**
 * A new table in a file; its extension selects CSV, JSON lines or Parquet. The file appears when it
 * is complete; until then its name ends with {@code .partial}, and a restart starts from scratch.
 */
public final class TableFile {
  private final Path path;
  private final boolean isCsv;
  private final Writer out;
  private Map<String, @Nullable Object> columns = Map.of();
  private long rows;

  private TableFile(Path path, Writer out) {
    this.path = path;
    this.out = out;
    isCsv = path.toString().endsWith(".csv");
  }

  /** Adds all rows. */
  @FunctionalInterface
  public interface Content {
    void write(TableFile file) throws IOException;
  }

  /**
   * Writes a file.
   *
   * @return the number of rows
   * @throws InvalidSettings if it exists, or its extension is not allowed
   */
  public static long write(Path output, Content content) throws IOException {
    String name = output.toString();
    extension(output);
    if (Files.exists(output)) {
      throw new InvalidSettings("--output %s exists; remove it, or choose another name.", output);
    }
    NewFile.requireFolder("--output", output);
    Path partial = Path.of(name + ".partial");
    Path lines = name.endsWith(".parquet") ? Path.of(name + ".lines.partial") : partial;
    try {
      Files.deleteIfExists(partial);
      TableFile file;
      try (Writer out = Files.newBufferedWriter(lines)) {
        file = new TableFile(output, out);
        content.write(file);
      }
      if (!lines.equals(partial)) {
        Map<String, String> types = new LinkedHashMap<>();
        file.columns.forEach(
            (key, it) -> types.put(key, it instanceof Double ? "DOUBLE" : "VARCHAR"));
        DuckDb.writeParquet(lines, types, partial);
      }
      DiskSync.ofFile(partial);
      Files.move(partial, output);
      return file.rows;
    } finally {
      Files.deleteIfExists(lines);
      Files.deleteIfExists(partial);
    }
  }

  /**
   * The extension of a file that can be written, as {@code .parquet}.
   *
   * @throws InvalidSettings if it has another one
   */
  static String extension(Path output) {
    String name = output.toString();
    if (!name.matches(".*\\.(csv|jsonl|parquet)")) {
      throw new InvalidSettings(
          "--output %s must end with .csv, .jsonl or .parquet, or with .yaml for a table of a database.",
          output);
    }
    return name.substring(name.lastIndexOf('.'));
  }

  /**
   * Sets the columns by the first row, or by a value of the type of each; later calls do nothing.
   */
  void begin(Map<String, @Nullable Object> first) throws IOException {
    if (columns.isEmpty()) {
      columns = first;
      if (isCsv) {
        CSVFormat.RFC4180.printRecord(out, columns.keySet().toArray());
      }
    }
  }

  /** Adds rows with the same columns as the first one. */
  public void add(List<Map<String, @Nullable Object>> more) throws IOException {
    rows += more.size();
    try {
      begin(more.get(0));
      for (Map<String, @Nullable Object> row : more) {
        if (isCsv) {
          CSVFormat.RFC4180.printRecord(out, row.values().toArray());
        } else {
          out.append(Json.MAPPER.writeValueAsString(row)).append('\n');
        }
      }
      out.flush();
    } catch (IOException e) {
      throw IoFailure.ofWrite(path, e);
    }
  }
}
