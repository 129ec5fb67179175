package dev.counterpoint.tasks.tabular;

import dev.counterpoint.tasks.table.Chunk;
import dev.counterpoint.tasks.table.TableFormat;
import java.util.HashSet;
import java.util.List;
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
    return value == null || missing.contains(value) ? null : value;
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
        if (Double.isFinite(number) && missing.contains(values.text(number))) {
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
