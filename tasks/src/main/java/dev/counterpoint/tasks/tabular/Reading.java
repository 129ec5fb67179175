package dev.counterpoint.tasks.tabular;

import dev.counterpoint.tasks.table.Chunk;
import dev.counterpoint.tasks.table.TableFormat;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * How the fields of a table are read.
 *
 * @param missing the texts that stand for a missing value
 * @param labels the labels that are renamed, with their new names
 */
record Reading(TableFormat format, List<String> missing, Map<String, String> labels) {
  /** The value of a text; null if it stands for a missing value. */
  @Nullable String value(@Nullable String field) {
    String value = field != null && format.trim() ? field.strip() : field;
    return value == null || missing.stream().anyMatch(it -> isSame(it, value)) ? null : value;
  }

  private static boolean isSame(String text, String value) {
    boolean endsWithDigit = !text.isEmpty() && Character.isDigit(text.charAt(text.length() - 1));
    return text.equals(value) || (endsWithDigit && plain(text).equals(plain(value)));
  }

  /**
   * One of the texts that different files have for the same value: a whole number without a
   * fraction, as 1012 for 1012.0 of a column of doubles, and a boolean in lower case, as in JSON.
   */
  static String plain(String text) {
    if (text.equalsIgnoreCase("true") || text.equalsIgnoreCase("false")) {
      return text.toLowerCase(Locale.ROOT);
    }
    boolean isInteger = text.indexOf('.') < 0 && text.indexOf('e') < 0 && text.indexOf('E') < 0;
    double number = isInteger ? Double.NaN : ColumnType.NUMERIC.parse(text);
    return !Double.isFinite(number)
        ? text
        : number == (long) number ? Long.toString((long) number) : Double.toString(number);
  }

  /** The values of a column in consecutive rows; the labels of a target are renamed. */
  Fields fields(Chunk rows, String column, boolean isTarget) {
    return new Fields(rows.column(column), isTarget);
  }

  /** The values of a column in consecutive rows. */
  final class Fields {
    private final Chunk.Values values;
    private final Map<String, String> names;

    /** The numbers that stand for a missing value. */
    private final Set<Double> excluded = new HashSet<>();

    private Fields(Chunk.Values values, boolean isTarget) {
      this.values = values;
      names = isTarget ? labels : Map.of();
      for (String text : missing) {
        double number = ColumnType.NUMERIC.parse(text);
        if (Double.isFinite(number) && value(values.text(number)) == null) {
          excluded.add(number);
        }
      }
    }

    /** The number of a row; NaN if its value must be read as text. */
    double number(int row) {
      double number = values.number(row);
      return names.isEmpty() && (excluded.isEmpty() || !excluded.contains(number))
          ? number
          : Double.NaN;
    }

    /** The result of a function of the text of a row, see {@link DictionaryCache}. */
    <T> T get(int row, DictionaryCache<T> cache, Function<@Nullable String, T> function) {
      int code = values.code(row);
      return code < 0
          ? function.apply(values.text(row))
          : cache.get(values.dictionary(), code, function);
    }

    /** The value of a row; the empty text if it is missing. */
    String valueOrEmpty(int row) {
      return Objects.requireNonNullElse(value(values.text(row)), "");
    }

    /** Whether the numbers are integers. */
    boolean isInteger() {
      return values.isInteger();
    }

    /** The text of a number. */
    String text(double number) {
      return values.text(number);
    }

    /** The value of a text of the table; null if it stands for a missing value. */
    @Nullable String value(@Nullable String text) {
      String value = Reading.this.value(text);
      return value == null ? null : names.getOrDefault(value, value);
    }
  }
}
