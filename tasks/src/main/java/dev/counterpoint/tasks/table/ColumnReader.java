package dev.counterpoint.tasks.table;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.DoubleFunction;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Reads one column of a table in DuckDB. Numbers are not written as text; booleans, dates and
 * frequent texts are read as integers, which takes a fraction of the time of objects.
 */
final class ColumnReader {
  /** Maximum size of the texts that the chunks of a table share: 65,536 short ones. */
  private static final int MAX_SHARED = 1 << 24;

  private static final int OVERHEAD = 256;

  /** Magnitude up to which all integers are exact as a double. */
  private static final double MAX_INTEGER = 1L << 53;

  private enum Kind {
    INTEGER,
    FLOAT,
    DOUBLE,
    /** A date, as days since 1970. */
    DATE,
    /** An index in the dictionary. */
    CODE,
    OBJECT
  }

  private final QueryTable table;
  private final Kind kind;

  /** Writes numbers as text; null if the values are not numbers. */
  private final @Nullable DoubleFunction<String> format;

  private final int column;

  /** A number and, if that can be NULL for a value that is not a number, an object. */
  private final List<String> expressions = new ArrayList<>();

  private final List<String> frequent;
  private final Map<Object, Integer> shared = new HashMap<>();
  private boolean isShared = true;
  private long size; // of all texts: their characters, and an overhead for each
  private List<@Nullable String> dictionary;
  private double[] numbers = new double[0];
  private int[] codes = new int[0];

  /**
   * Creates a reader.
   *
   * @param type the name of the type in DuckDB
   * @param texts frequent texts of a column of texts
   * @param column the index of the first expression in the result
   */
  ColumnReader(QueryTable table, String name, String type, List<String> texts, int column) {
    this.table = table;
    this.column = column;
    frequent = type.equals("BOOLEAN") ? List.of("false", "true") : texts;
    dictionary = new ArrayList<>(frequent);
    kind =
        switch (type) {
          case "TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER" ->
              Kind.INTEGER;
          case "FLOAT" -> Kind.FLOAT;
          case "DOUBLE" -> Kind.DOUBLE;
          case "DATE" -> Kind.DATE;
          default -> frequent.isEmpty() ? Kind.OBJECT : Kind.CODE;
        };
    format =
        switch (kind) {
          case INTEGER -> Chunk.Values.INTEGER;
          case FLOAT -> Chunk.Values.FLOAT;
          case DOUBLE -> Double::toString;
          default -> null;
        };
    String value = DuckDb.name(name);
    if (kind == Kind.DATE) {
      addWithObject(
          "CASE WHEN isfinite(" + value + ") THEN " + value + " - DATE '1970-01-01' END", value);
    } else if (!texts.isEmpty()) {
      String values = texts.stream().map(DuckDb::quoted).collect(Collectors.joining(", "));
      addWithObject("list_position([" + values + "], " + value + ")::BIGINT - 1", value);
    } else {
      boolean isInteger = kind == Kind.INTEGER || kind == Kind.CODE;
      expressions.add(isInteger ? value + "::BIGINT" : value);
    }
  }

  private void addWithObject(String number, String value) {
    expressions.add(number + " AS " + value);
    expressions.add("CASE WHEN " + number + " IS NULL THEN " + value + " END AS " + value);
  }

  /** The expressions to select. */
  List<String> expressions() {
    return expressions;
  }

  /** Starts a chunk. */
  void begin() {
    codes = new int[Chunk.SIZE];
    numbers = new double[format == null ? 0 : Chunk.SIZE];
    isShared = isShared && size < MAX_SHARED;
    if (!isShared) {
      shared.clear();
      dictionary = new ArrayList<>(frequent);
    }
  }

  /** The values of the chunk. */
  Chunk.Values values() {
    return format == null
        ? new Chunk.Values(null, codes, dictionary, Double::toString)
        : new Chunk.Values(numbers, codes, dictionary, format);
  }

  /** Reads the value of the current row. */
  void read(ResultSet rows, int at) throws SQLException {
    double number = kind == Kind.OBJECT ? Double.NaN : number(rows);
    codes[at] =
        Double.isNaN(number)
            ? code(table.object(column + expressions.size() - 1))
            : kind == Kind.DATE
                ? code(LocalDate.ofEpochDay((long) number))
                : kind == Kind.CODE ? (int) number : -1;
    if (format != null) {
      numbers[at] = number;
    }
  }

  /** The value as a number if a double can represent it exactly, otherwise NaN. */
  private double number(ResultSet rows) throws SQLException {
    double number =
        switch (kind) {
          case FLOAT -> rows.getFloat(column);
          case DOUBLE -> rows.getDouble(column);
          default -> rows.getLong(column);
        };
    boolean isExact =
        kind == Kind.INTEGER ? Math.abs(number) < MAX_INTEGER : Double.isFinite(number);
    return isExact && !rows.wasNull() ? number : Double.NaN;
  }

  /** The index of a value in the dictionary; -1 for NULL. */
  private int code(@Nullable Object value) throws SQLException {
    if (value == null) {
      return -1;
    }
    Integer code = isShared ? shared.get(value) : null;
    if (code == null) {
      code = dictionary.size();
      String text = table.text(column, value);
      dictionary.add(text);
      size += text.length() + OVERHEAD;
      if (isShared) {
        shared.put(value, code);
      }
    }
    return code;
  }
}
