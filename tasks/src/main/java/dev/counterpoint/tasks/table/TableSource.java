package dev.counterpoint.tasks.table;

import dev.counterpoint.core.data.source.DataContext;
import dev.counterpoint.core.data.source.FileSplit;
import dev.counterpoint.core.data.source.SqlQuery;
import dev.counterpoint.core.internal.storage.FolderEntries;
import dev.counterpoint.core.internal.storage.Sha256;
import dev.counterpoint.core.settings.Excerpt;
import dev.counterpoint.core.settings.FileAccess;
import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.core.settings.Nearest;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import java.util.zip.ZipException;
import org.jspecify.annotations.Nullable;

/**
 * The rows of a split: one or more files with the same columns, or the result of a query, which is
 * read once into a file of the cache folder.
 *
 * @param name the path or the query, for messages
 * @param files the files in the order of their names
 */
public record TableSource(String name, List<SourceFile> files) {
  /** Number of bits of a line number; the higher bits contain the index of the file. */
  private static final int LINE_BITS = 40;

  private static final Pattern DATA =
      Pattern.compile("(?i)[^._].*\\.(parquet|(tsv|csv|jsonl|json|txt)(\\.gz|\\.zst)?)");

  /**
   * Opens the source of a split; a query is run.
   *
   * @throws InvalidSettings if there is no such file, or the query fails
   */
  public static TableSource open(FileSplit split, DataContext context) throws IOException {
    return split.sql() == null
        ? of(context.files().apply(split.file()))
        : new TableSource(
            split.sql().name(), List.of(QueryImport.run(split.sql(), context.cache())));
  }

  /**
   * The source of a path.
   *
   * @param path a file, a folder, or a pattern whose last part has {@code *}, {@code ?}, {@code []}
   *     or {@code {}}
   * @throws InvalidSettings if a folder has no data files, or a pattern does not match
   */
  public static TableSource of(Path path) throws IOException {
    return new TableSource(path.toString(), expand(path).stream().map(SourceFile::new).toList());
  }

  /**
   * Runs a query and returns the file in the cache folder with its rows.
   *
   * @throws InvalidSettings if the query fails, or has no rows
   */
  public static Path rows(SqlQuery sql, Path cache) throws IOException {
    return QueryImport.run(sql, cache).path();
  }

  private static PathMatcher glob(String pattern) {
    try {
      return FileSystems.getDefault().getPathMatcher("glob:" + pattern);
    } catch (PatternSyntaxException e) {
      throw new InvalidSettings(
          "%s is not a valid pattern: %s.", Excerpt.ofItem(pattern), e.getDescription());
    }
  }

  /** The files of a path, sorted by name; the path itself if it is neither folder nor pattern. */
  public static List<Path> expand(Path path) throws IOException {
    String name = String.valueOf(path.getFileName());
    boolean isFolder = Files.isDirectory(path);
    if (!isFolder && (Files.exists(path) || !name.matches(".*[*?\\[{].*"))) {
      return List.of(path);
    }
    Path folder = isFolder ? path : path.toAbsolutePath().resolveSibling("");
    PathMatcher pattern = isFolder ? file -> DATA.matcher(file.toString()).matches() : glob(name);
    FileAccess.requireAccess(folder);
    List<Path> files =
        FolderEntries.of(folder).stream()
            .filter(file -> Files.isRegularFile(file) && pattern.matches(file.getFileName()))
            .sorted()
            .toList();
    if (files.isEmpty()) {
      throw new InvalidSettings(
          "%s %s. %s",
          path,
          isFolder ? "is a folder without data files" : "does not match any file",
          FolderListing.within(folder));
    }
    return files;
  }

  /** Requires that the files can be read, as {@link SourceFile#requireReadable}. */
  public TableSource requireReadable(boolean asText) {
    files.forEach(file -> file.requireReadable(asText));
    return this;
  }

  /** Requires that the table has a column; the message lists its columns. */
  public void requireColumn(String column, List<String> columns) {
    if (!columns.contains(column)) {
      throw new InvalidSettings(
          "%s has no column \"%s\"%s Its columns are: %s.%s",
          name,
          Excerpt.ofItem(column),
          Nearest.suggestion(column, columns),
          Excerpt.ofList(columns),
          Columns.separatorHint(columns));
    }
  }

  /** Reads the table. Errors in the content name the file and, if known, the line. */
  public <T> T read(TableReader<T> reader) throws IOException {
    return read(TableFormat.defaults(), reader);
  }

  /** Like {@link #read(TableReader)}; delimited values have the given format. */
  public <T> T read(TableFormat format, TableReader<T> reader) throws IOException {
    Parts table = new Parts(format);
    try (table) {
      return reader.read(table.opened());
    } catch (CharacterCodingException | ZipException e) {
      throw table.file.invalid(e);
    }
  }

  /** Identifies the state of the files without reading them: see {@link SourceFile#stamp}. */
  public String stamp() throws IOException {
    StringBuilder stamps = new StringBuilder();
    for (SourceFile file : files) {
      stamps.append(stamps.isEmpty() ? "" : "\n").append(file.stamp());
    }
    return stamps.toString();
  }

  /** A hash of the bytes of all files, 16 hexadecimal digits. */
  public String hash() throws IOException {
    StringBuilder hashes = new StringBuilder();
    for (SourceFile file : files) {
      hashes.append(file.hash());
    }
    return files.size() == 1 ? hashes.toString() : Sha256.of(hashes.toString()).substring(0, 16);
  }

  /** Creates an exception about a row. */
  public InvalidSettings invalidLine(long line, String message) {
    return new InvalidSettings(origin(line) + " " + message);
  }

  /** The file and the line of a row, for messages. */
  public String origin(long line) {
    return files.get((int) (line >>> LINE_BITS)).origin(line & ((1L << LINE_BITS) - 1));
  }

  /** The rows of all files, one after another. */
  private final class Parts implements Table {
    private final TableFormat format;
    private SourceFile file = files.get(0);
    private @Nullable Table table;
    private List<String> columns = List.of();
    private long part;

    Parts(TableFormat format) {
      this.format = format;
    }

    /** Opens the first file; a table of one file is not wrapped. */
    Table opened() throws IOException {
      Table first = openFile();
      columns = first.columns();
      return files.size() == 1 ? first : this;
    }

    private Table openFile() throws IOException {
      table = file.open(format);
      if (table.columns().isEmpty()) {
        throw new InvalidSettings(file.name() + " is empty.");
      }
      return table;
    }

    @Override
    public List<String> columns() {
      return columns;
    }

    @Override
    public @Nullable Row next() throws IOException {
      Row row = Objects.requireNonNull(table).next();
      while (row == null && openNext()) {
        row = table.next();
      }
      return row == null || part == 0 ? row : new PartRow(row.line() | part << LINE_BITS, row);
    }

    @Override
    public @Nullable Chunk next(Collection<String> names) throws IOException {
      Chunk chunk = Objects.requireNonNull(table).next(names);
      while (chunk == null && openNext()) {
        chunk = table.next(names);
      }
      return chunk == null || part == 0 ? chunk : chunk.withFile(part << LINE_BITS);
    }

    /** Opens the next file; returns false after the last. */
    private boolean openNext() throws IOException {
      if (part + 1 == files.size()) {
        return false;
      }
      close();
      file = files.get((int) ++part);
      List<String> found = openFile().columns();
      if (!new HashSet<>(found).equals(new HashSet<>(columns))) {
        throw new InvalidSettings(
            "%s has the columns %s, but %s has %s; all files of %s need the same columns.",
            file.name(), Excerpt.ofList(found), files.get(0).name(), Excerpt.ofList(columns), name);
      }
      return true;
    }

    @Override
    public void close() throws IOException {
      if (table != null) {
        table.close();
      }
    }
  }

  private record PartRow(long line, Table.Row row) implements Table.Row {
    @Override
    public String get(String column) {
      return row.get(column);
    }

    @Override
    public @Nullable String find(String column) {
      return row.find(column);
    }

    @Override
    public @Nullable List<String> list(String column) {
      return row.list(column);
    }
  }

  /** Callback that reads an open table. */
  @FunctionalInterface
  public interface TableReader<T> {
    T read(Table table) throws IOException;
  }
}
