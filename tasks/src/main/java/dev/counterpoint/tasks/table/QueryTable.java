package dev.counterpoint.tasks.table;

import dev.counterpoint.core.data.source.SqlQuery;
import dev.counterpoint.core.settings.Excerpt;
import dev.counterpoint.core.settings.InvalidSettings;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.file.Path;
import java.sql.Array;
import java.sql.Clob;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Types;
import java.time.DateTimeException;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.temporal.Temporal;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Properties;
import java.util.UUID;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/** Reader for the rows of a query, as a stream. Values become the texts that JSON has for them. */
final class QueryTable implements Table {
  /** The number of rows that a driver fetches at once. */
  private static final int FETCH_SIZE = 10_000;

  /** Number of leading rows that are searched for the frequent texts of a column. */
  private static final int FREQUENT_ROWS = 20_000;

  private static final int MAX_FREQUENT = 1_000;
  private static final int MAX_FREQUENT_BYTES = 100;

  private final SourceFile file;
  private final @Nullable SqlQuery sql;
  private final Connection connection;

  /** The table in DuckDB; null if a query is passed to another database. */
  private final @Nullable String table;

  private final long count;
  private final Map<String, Integer> positions = new LinkedHashMap<>();
  private final Map<String, ColumnReader> readers = new LinkedHashMap<>();
  private ResultSet rows;
  private Class<?>[] times;
  private long row;

  private QueryTable(
      SourceFile file,
      @Nullable SqlQuery sql,
      Connection connection,
      @Nullable String table,
      String query)
      throws SQLException {
    this.file = file;
    this.sql = sql;
    this.connection = connection;
    this.table = table;
    count = table == null ? 0 : DuckDb.count(connection, table);
    execute(query);
    positions.putAll(positions(file, rows.getMetaData()));
  }

  private static Map<String, Integer> positions(SourceFile file, ResultSetMetaData columns)
      throws SQLException {
    Map<String, Integer> positions = new LinkedHashMap<>();
    for (int i = 0; i < columns.getColumnCount(); i++) {
      String name = columns.getColumnLabel(i + 1);
      if (positions.put(name, i) != null) {
        throw new InvalidSettings(
            "%s has two columns \"%s\"; name one with AS.", file.name(), Excerpt.ofItem(name));
      }
    }
    return positions;
  }

  private void execute(String query) throws SQLException {
    Statement statement = connection.createStatement();
    statement.setFetchSize(FETCH_SIZE);
    rows = statement.executeQuery(query);
    ResultSetMetaData found = rows.getMetaData();
    times = new Class<?>[found.getColumnCount()];
    for (int i = 0; i < times.length; i++) {
      times[i] = time(found.getColumnType(i + 1), found.getColumnTypeName(i + 1));
    }
  }

  /** The rows of a query on a database. */
  static QueryTable of(SqlQuery sql) throws IOException {
    return open(new SourceFile(Path.of(QueryImport.ROWS), sql.name()), sql);
  }

  /** The rows of a Parquet file. */
  static QueryTable ofParquet(SourceFile file) throws IOException {
    return open(file, null);
  }

  private static QueryTable open(SourceFile file, @Nullable SqlQuery sql) throws IOException {
    Connection connection = null;
    try {
      if (sql != null && !sql.url().startsWith(DuckDb.SCHEME)) {
        connection = Database.connect(sql);
        return new QueryTable(file, sql, connection, null, sql.query());
      }
      Properties properties = new Properties();
      properties.putAll(sql == null ? Map.of() : sql.properties());
      connection = DuckDb.connect(sql == null ? DuckDb.SCHEME : sql.url(), properties);
      if (sql != null) { // A table would have other names for columns with the same name.
        try (PreparedStatement query = connection.prepareStatement(sql.query())) {
          positions(file, query.getMetaData());
        }
      }
      String table =
          sql == null ? DuckDb.parquet(file.path()) : DuckDb.materialized(connection, sql.query());
      return new QueryTable(file, sql, connection, table, "SELECT * FROM " + table);
    } catch (SQLException e) {
      close(connection);
      throw invalid(file, sql, e, "");
    } catch (IOException | RuntimeException e) {
      close(connection);
      throw e;
    }
  }

  private static void close(@Nullable Connection connection) {
    try {
      if (connection != null) {
        connection.close();
      }
    } catch (SQLException e) {
      // The failure of the query is reported, or all rows have been read.
    }
  }

  /** The message of a driver, without its cause, which may quote a password. */
  private static InvalidSettings invalid(
      SourceFile file, @Nullable SqlQuery sql, SQLException e, String place) {
    String message = DuckDb.message(e);
    return new InvalidSettings(
        "%s cannot be read%s: %s",
        file.name(), place, sql == null ? Excerpt.of(message) : sql.mask(message));
  }

  @Override
  public List<String> columns() {
    return List.copyOf(positions.keySet());
  }

  @Override
  public @Nullable Row next() {
    try {
      if (!advance()) {
        return null;
      }
      Object[] values = new Object[times.length];
      for (int i = 0; i < values.length; i++) {
        values[i] = value(i + 1);
      }
      return new ValueRow(file, row, positions, Arrays.asList(values));
    } catch (SQLException e) {
      throw invalidAfterRow(e);
    }
  }

  @Override
  public @Nullable Chunk next(Collection<String> names) throws IOException {
    if (table == null) {
      return Table.super.next(names);
    }
    try {
      if (readers.isEmpty()) {
        select(table, names);
      }
      readers.values().forEach(ColumnReader::begin);
      int size = 0;
      for (; size < Chunk.SIZE && advance(); size++) {
        for (ColumnReader reader : readers.values()) {
          reader.read(rows, size);
        }
      }
      Map<String, Chunk.Values> values = new HashMap<>();
      readers.forEach((name, reader) -> values.put(name, reader.values()));
      long[] lines = LongStream.rangeClosed(row - size + 1, row).toArray();
      return size == 0 ? null : new Chunk(lines, values);
    } catch (SQLException e) {
      throw invalidAfterRow(e);
    }
  }

  /** Finds the cause of a failure, which DuckDB's streams lose, by a statement without a stream. */
  private InvalidSettings invalidAfterRow(SQLException failure) {
    SQLException cause = failure;
    if (sql == null) {
      try {
        DuckDb.materialized(connection, "SELECT count(COLUMNS(*)) FROM " + table);
      } catch (SQLException e) {
        cause = e;
      }
    }
    return invalid(file, sql, cause, " after row " + row);
  }

  /** Restarts the query with the columns that are read. */
  private void select(String from, Collection<String> names) throws SQLException {
    Map<String, String> types = new LinkedHashMap<>();
    for (String name : names) {
      int column = Objects.requireNonNull(positions.get(name)) + 1;
      types.put(name, rows.getMetaData().getColumnTypeName(column));
    }
    Map<String, List<String>> frequent = frequentTexts(from, types);
    List<String> expressions = new ArrayList<>();
    types.forEach(
        (name, type) -> {
          List<String> texts = frequent.getOrDefault(name, List.of());
          ColumnReader reader = new ColumnReader(this, name, type, texts, expressions.size() + 1);
          expressions.addAll(reader.expressions());
          readers.put(name, reader);
        });
    execute("SELECT " + String.join(", ", expressions) + " FROM " + from);
  }

  /** The texts of each text column that has only a few different texts in its first rows. */
  private Map<String, List<String>> frequentTexts(String from, Map<String, String> types)
      throws SQLException {
    Map<String, List<String>> frequent = new HashMap<>();
    for (Map.Entry<String, String> column : types.entrySet()) {
      if (column.getValue().equals("VARCHAR")) {
        String query =
            "SELECT DISTINCT %s FROM (SELECT %1$s FROM %s LIMIT %s) WHERE strlen(%1$s) <= %s LIMIT %s"
                .formatted(
                    DuckDb.name(column.getKey()),
                    from,
                    FREQUENT_ROWS,
                    MAX_FREQUENT_BYTES,
                    MAX_FREQUENT + 1);
        List<String> texts = new ArrayList<>();
        try (Statement statement = connection.createStatement();
            ResultSet found = statement.executeQuery(query)) {
          while (found.next()) {
            texts.add(found.getString(1));
          }
        }
        if (texts.size() <= MAX_FREQUENT) {
          frequent.put(column.getKey(), texts);
        }
      }
    }
    return frequent;
  }

  /** Moves to the next row; returns false after the last. */
  private boolean advance() throws SQLException {
    if (rows.next()) {
      row++;
      return true;
    }
    if (row < count) {
      throw new InvalidSettings(
          "%s is damaged: it can be read up to row %s of %s.", file.name(), row, count);
    }
    return false;
  }

  /** A row; its values are texts, lists of texts, and null. */
  private record ValueRow(
      SourceFile file, long line, Map<String, Integer> positions, List<@Nullable Object> values)
      implements Row {
    @Override
    public String get(String column) {
      if (value(column) instanceof String text) {
        return text;
      }
      throw noText(file, line, column, value(column) == null ? "NULL" : "a list");
    }

    @Override
    public @Nullable String find(String column) {
      return value(column) == null ? null : get(column);
    }

    @Override
    @SuppressWarnings("unchecked") // A value that is not a text is a list of texts.
    public @Nullable List<String> list(String column) {
      return value(column) instanceof List<?> list ? (List<String>) list : null;
    }

    private @Nullable Object value(String column) {
      return values.get(Objects.requireNonNull(positions.get(column)));
    }
  }

  private static InvalidSettings noText(SourceFile file, long line, String column, String found) {
    return new InvalidSettings(
        "%s has %s in the column \"%s\", which needs a text or a number.",
        file.origin(line), found, Excerpt.ofItem(column));
  }

  /** A text, a list of texts, or null. */
  private @Nullable Object value(int column) throws SQLException {
    Object value = object(column);
    if (value instanceof Array array) {
      List<String> texts = new ArrayList<>();
      for (Object entry : (Object[]) array.getArray()) {
        texts.add(entry == null ? "null" : text(column, entry));
      }
      return texts;
    }
    return value == null ? null : text(column, value);
  }

  /**
   * The value of the current row.
   *
   * @param column the index in the result, from 1
   */
  @Nullable Object object(int column) throws SQLException {
    Class<?> time = times[column - 1];
    try {
      return time == null ? rows.getObject(column) : rows.getObject(column, time);
    } catch (DateTimeException | ArithmeticException | IndexOutOfBoundsException e) {
      throw file.invalidLine(
          row,
          "has an invalid value in the column \"%s\": %s"
              .formatted(
                  Excerpt.ofItem(rows.getMetaData().getColumnLabel(column)),
                  Excerpt.of(String.valueOf(e.getMessage()))));
    }
  }

  /** Writes a value of the current row as text. */
  String text(int column, Object value) throws SQLException {
    if (value instanceof String text) {
      return text;
    }
    if (value instanceof BigDecimal decimal) {
      return decimal.toPlainString();
    }
    if (value instanceof OffsetDateTime time) {
      return time.withOffsetSameInstant(ZoneOffset.UTC).toString();
    }
    if (value instanceof Clob text) {
      return text.getSubString(1, (int) text.length());
    }
    if (value instanceof Number
        || value instanceof Boolean
        || value instanceof UUID
        || value instanceof Temporal
        || value instanceof java.util.Date) {
      return value.toString();
    }
    String name = rows.getMetaData().getColumnLabel(column);
    if (value instanceof Array) {
      throw noText(file, row, name, "a list");
    }
    throw file.invalidLine(
        row,
        "has a value of the type %s in the column \"%s\"; supported: texts, numbers, booleans, times and lists."
            .formatted(rows.getMetaData().getColumnTypeName(column), Excerpt.ofItem(name)));
  }

  /** The class to read dates and times as, independently of the time zone; null for other types. */
  private static @Nullable Class<?> time(int type, String name) {
    String lower = name.toLowerCase(Locale.ROOT);
    return switch (type) {
      case Types.DATE -> LocalDate.class;
      case Types.TIMESTAMP_WITH_TIMEZONE -> OffsetDateTime.class;
      case Types.TIMESTAMP ->
          lower.equals("timestamptz") || lower.contains("with time zone")
              ? OffsetDateTime.class
              : LocalDateTime.class;
      default -> null;
    };
  }

  @Override
  public void close() {
    close(connection);
  }
}
