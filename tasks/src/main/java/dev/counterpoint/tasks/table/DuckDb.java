package dev.counterpoint.tasks.table;

import dev.counterpoint.core.kernel.NativeLibraries;
import dev.counterpoint.core.kernel.Torch;
import dev.counterpoint.core.settings.CacheFolder;
import dev.counterpoint.core.settings.Excerpt;
import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.tasks.internal.cache.CacheFolders;
import java.io.IOException;
import java.net.JarURLConnection;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.Driver;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Properties;
import java.util.UUID;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The embedded engine for Parquet files and DuckDB databases. Its driver would unpack its library
 * into the folder for temporary files; here the library is one of {@link NativeLibraries}. It uses
 * no network: extensions are neither downloaded nor loaded.
 */
public final class DuckDb {
  static final String SCHEME = "jdbc:duckdb:";
  static final String PACKAGE = "org.duckdb.";

  /** Memory limit of each connection; a query that needs more uses a folder in the cache. */
  private static final String MEMORY = "512MB";

  private static final String DRIVER = PACKAGE + "DuckDBDriver";
  private static @Nullable Driver driver;

  private DuckDb() {}

  /** Connects; the results of queries are streams. A database file is opened for reading. */
  static Connection connect(String url, Properties properties) throws SQLException, IOException {
    String spill = "duckdb" + CacheFolders.TEMPORARY + UUID.randomUUID();
    Properties all = new Properties();
    all.putAll(
        Map.of(
            "jdbc_stream_results", "true",
            "autoinstall_known_extensions", "false",
            "autoload_known_extensions", "false",
            "allow_community_extensions", "false",
            "allow_persistent_secrets", "false",
            "memory_limit", MEMORY,
            "threads", Integer.toString(Torch.configuredThreads()),
            "temp_directory", CacheFolder.path().resolve(spill).toString()));
    if (!url.equals(SCHEME) && !url.startsWith(SCHEME + ":memory:")) {
      all.put("duckdb.read_only", "true");
    }
    all.putAll(properties);
    return Objects.requireNonNull(driver().connect(url, all));
  }

  /** The name of a table with the complete result of a query, which must be one statement. */
  static String materialized(Connection connection, String query) throws SQLException {
    String name = "temp.counterpoint_rows";
    try (Statement statement = connection.createStatement()) {
      statement.execute(
          "CREATE TEMP TABLE " + name + " AS (" + query.strip().replaceFirst(";+$", "") + "\n)");
    }
    return name;
  }

  /**
   * The message of a driver. If DuckDB rejects a query before it runs, its driver names the cause
   * on the second line.
   */
  public static String message(SQLException e) {
    return String.valueOf(e.getMessage())
        .replaceFirst("^.* pending query result\nError: ", "")
        .replace("!\n", "! ")
        .lines()
        .findFirst()
        .orElse("")
        .strip();
  }

  /** The number of rows of a table. A stream of them ends without an error if reading fails. */
  static long count(Connection connection, String table) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet count = statement.executeQuery("SELECT count(*) FROM " + table)) {
      count.next();
      return count.getLong(1);
    }
  }

  /** The table of a Parquet file. */
  static String parquet(Path path) {
    return "read_parquet(" + quoted(pattern(path)) + ", hive_partitioning = false)";
  }

  /**
   * Converts JSON lines to a Parquet file; the same lines give the same bytes.
   *
   * @param types the SQL type of each column
   */
  public static void writeParquet(Path lines, Map<String, String> types, Path file)
      throws IOException {
    String columns =
        types.entrySet().stream()
            .map(it -> quoted(it.getKey()) + ": " + quoted(it.getValue()))
            .collect(Collectors.joining(", ", "{", "}"));
    Properties oneThread = new Properties();
    oneThread.put("threads", "1");
    try (Connection connection = connect(SCHEME, oneThread);
        Statement statement = connection.createStatement()) {
      statement.execute(
          "COPY (SELECT * FROM read_json(%s, format = 'newline_delimited', columns = %s)) TO %s (FORMAT parquet)"
              .formatted(quoted(pattern(lines)), columns, quoted(file.toString())));
    } catch (SQLException e) {
      throw new IOException(message(e));
    }
  }

  /** Receives a row: bytes, texts or null. */
  @FunctionalInterface
  public interface RowReader {
    /**
     * Receives a row.
     *
     * @param row its number in the file, from 1
     */
    void read(@Nullable Object[] values, long row) throws IOException;
  }

  /** The types of the columns of a Parquet file, by their names. */
  public static Map<String, String> types(SourceFile file) throws IOException {
    Map<String, String> types = new LinkedHashMap<>();
    read(
        file,
        "(DESCRIBE FROM " + parquet(file.path()) + ")",
        List.of("column_name", "column_type"),
        (values, row) -> types.put(String.valueOf(values[0]), String.valueOf(values[1])));
    return types;
  }

  /**
   * Reads expressions of all rows of a Parquet file in their order.
   *
   * @throws InvalidSettings if the file is damaged
   */
  public static void read(SourceFile file, List<String> expressions, RowReader reader)
      throws IOException {
    read(file, parquet(file.path()), expressions, reader);
  }

  private static void read(
      SourceFile file, String table, List<String> expressions, RowReader reader)
      throws IOException {
    String query = "SELECT " + String.join(", ", expressions) + " FROM " + table;
    try (Connection connection = connect(SCHEME, new Properties());
        Statement statement = connection.createStatement()) {
      long count = count(connection, table);
      try (ResultSet rows = statement.executeQuery(query)) {
        boolean[] isBlob = new boolean[expressions.size()];
        for (int i = 0; i < isBlob.length; i++) {
          isBlob[i] = rows.getMetaData().getColumnTypeName(i + 1).equals("BLOB");
        }
        for (long row = 1; row <= count; row++) {
          if (!rows.next()) {
            throw new InvalidSettings(
                "%s is damaged: it can be read up to row %s of %s.", file.name(), row - 1, count);
          }
          @Nullable Object[] values = new Object[isBlob.length];
          for (int i = 0; i < values.length; i++) {
            values[i] = isBlob[i] ? rows.getBytes(i + 1) : rows.getString(i + 1);
          }
          reader.read(values, row);
        }
      }
    } catch (SQLException e) {
      throw new InvalidSettings("%s cannot be read: %s", file.name(), Excerpt.of(message(e)));
    }
  }

  /** The name of a column. */
  static String name(String column) {
    return "\"" + column.replace("\"", "\"\"") + "\"";
  }

  /** A text. */
  static String quoted(String text) {
    return "'" + text.replace("'", "''") + "'";
  }

  /** A pattern that matches only the given file. */
  private static String pattern(Path path) {
    return path.toAbsolutePath().toString().replaceAll("[*?\\[]", "[$0]");
  }

  private static synchronized Driver driver() throws IOException {
    if (driver == null) {
      try {
        Loader loader = new Loader(jar());
        driver = (Driver) loader.loadClass(DRIVER).getDeclaredConstructor().newInstance();
      } catch (ReflectiveOperationException e) {
        throw new InvalidSettings("DuckDB cannot be started: %s", String.valueOf(e.getMessage()));
      }
    }
    return driver;
  }

  private static URL jar() throws IOException {
    URL type = DuckDb.class.getResource("/" + DRIVER.replace('.', '/') + ".class");
    if (type == null) {
      throw new InvalidSettings(
          "Parquet files and DuckDB databases need org.duckdb:duckdb_jdbc on the class path.");
    }
    return ((JarURLConnection) type.openConnection()).getJarFileURL();
  }

  /** Class loader of the driver, so that the driver finds its library in the cache folder. */
  private static final class Loader extends URLClassLoader {
    private static final String LIBRARY = "libduckdb_java.so_";

    Loader(URL jar) {
      super(new URL[] {jar}, ClassLoader.getPlatformClassLoader());
    }

    @Override
    public @Nullable URL getResource(String name) {
      return name.startsWith(LIBRARY) ? null : super.getResource(name);
    }

    @Override
    protected @Nullable String findLibrary(String name) {
      String os = System.getProperty("os.name").toLowerCase(Locale.ROOT);
      String processor = System.getProperty("os.arch").equals("aarch64") ? "arm64" : "amd64";
      String platform =
          os.startsWith("mac")
              ? "osx_universal"
              : (os.startsWith("windows") ? "windows_" : "linux_") + processor;
      URL library = super.getResource(LIBRARY + platform);
      return library == null
          ? null
          : NativeLibraries.unpacked(library, System.mapLibraryName(name)).toString();
    }
  }
}
