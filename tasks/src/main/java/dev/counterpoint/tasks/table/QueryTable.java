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
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Properties;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Reader for the rows of a query, as a stream. Values become the texts that JSON has for them. */
final class QueryTable implements Table {
  /** The number of rows that a driver fetches at once. */
  private static final int FETCH_SIZE = 10_000;

  private final SourceFile file;
  private final @Nullable SqlQuery sql;
  private final Connection connection;
  private final Map<String, Integer> positions = new LinkedHashMap<>();
  private final ResultSet rows;
  private final Class<?>[] times;
  private final long count;
  private long row;

  private QueryTable(
      SourceFile file, @Nullable SqlQuery sql, Connection connection, String query, long count)
      throws SQLException {
    this.file = file;
    this.count = count;
    this.sql = sql;
    this.connection = connection;
    Statement statement = connection.createStatement();
    statement.setFetchSize(FETCH_SIZE);
    rows = statement.executeQuery(query);
    ResultSetMetaData columns = rows.getMetaData();
    times = new Class<?>[columns.getColumnCount()];
    for (int i = 0; i < times.length; i++) {
      times[i] = time(columns.getColumnType(i + 1), columns.getColumnTypeName(i + 1));
      String name = columns.getColumnLabel(i + 1);
      if (positions.put(name, i) != null) {
        throw new InvalidSettings(
            "%s has two columns \"%s\"; name one with AS.", file.name(), Excerpt.ofItem(name));
      }
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
        return new QueryTable(file, sql, connection, sql.query(), Long.MAX_VALUE);
      }
      Properties properties = new Properties();
      properties.putAll(sql == null ? Map.of() : sql.properties());
      connection = DuckDb.connect(sql == null ? DuckDb.SCHEME : sql.url(), properties);
      String table =
          sql == null ? DuckDb.parquet(file.path()) : DuckDb.materialized(connection, sql.query());
      return new QueryTable(
          file, sql, connection, "SELECT * FROM " + table, DuckDb.count(connection, table));
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
    String message = String.valueOf(e.getMessage()).lines().findFirst().orElse("");
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
    int column = 0;
    try {
      if (!rows.next()) {
        if (row < count && count < Long.MAX_VALUE) {
          throw new InvalidSettings(
              "%s is damaged: it can be read up to row %s of %s.", file.name(), row, count);
        }
        return null;
      }
      row++;
      Object[] values = new Object[times.length];
      for (; column < values.length; column++) {
        values[column] = value(column);
      }
      return new ValueRow(file, row, positions, Arrays.asList(values));
    } catch (SQLException e) {
      throw invalid(file, sql, e, " after row " + row);
    } catch (DateTimeException | ArithmeticException | IndexOutOfBoundsException e) {
      throw file.invalidLine(
          row,
          "has an invalid value in the column \"%s\": %s"
              .formatted(
                  Excerpt.ofItem(columns().get(column)),
                  Excerpt.of(String.valueOf(e.getMessage()))));
    }
  }

  /** A text, a list of texts, or null. */
  private @Nullable Object value(int column) throws SQLException {
    Class<?> time = times[column];
    Object value = time == null ? rows.getObject(column + 1) : rows.getObject(column + 1, time);
    if (value instanceof Array array) {
      List<String> texts = new ArrayList<>();
      for (Object entry : (Object[]) array.getArray()) {
        texts.add(String.valueOf(text(column, entry)));
      }
      return texts;
    }
    return text(column, value);
  }

  private @Nullable String text(int column, @Nullable Object value) throws SQLException {
    if (value == null || value instanceof String) {
      return (String) value;
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
    throw file.invalidLine(
        row,
        "has a value of the type %s in the column \"%s\"; texts, numbers, booleans, times and lists are read."
            .formatted(
                rows.getMetaData().getColumnTypeName(column + 1),
                Excerpt.ofItem(columns().get(column))));
  }

  /** The class to read dates and times as, independently of the time zone; null for others. */
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
