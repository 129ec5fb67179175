package dev.counterpoint.tasks.table;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.DoubleFunction;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Consecutive rows of a table, by column.
 *
 * @param lines the line of each row, as {@link Table.Row#line}
 * @param columns the values of the columns that are read
 */
@SuppressWarnings("ArrayRecordComponent") // Never compared.
public record Chunk(long[] lines, Map<String, Values> columns) {
  /** The largest number of rows. */
  static final int SIZE = 2048;

  /** Creates a chunk of the texts of rows. */
  static Chunk of(List<Table.Row> rows, Collection<String> names) {
    Map<String, Values> columns = new LinkedHashMap<>();
    for (String name : names) {
      List<@Nullable String> texts = new ArrayList<>();
      rows.forEach(row -> texts.add(row.find(name)));
      int[] codes =
          IntStream.range(0, rows.size()).map(row -> texts.get(row) == null ? -1 : row).toArray();
      columns.put(name, new Values(null, codes, texts, Double::toString));
    }
    return new Chunk(rows.stream().mapToLong(Table.Row::line).toArray(), columns);
  }

  /** The number of rows. */
  public int size() {
    return lines.length;
  }

  /** The line of a row, as {@link Table.Row#line}. */
  public long line(int row) {
    return lines[row];
  }

  /** The values of a column. */
  public Values column(String name) {
    return Objects.requireNonNull(columns.get(name));
  }

  /** Returns a chunk of the given rows. */
  public Chunk select(int[] rows) {
    Map<String, Values> selected = new LinkedHashMap<>();
    columns.forEach((name, values) -> selected.put(name, values.select(rows)));
    return new Chunk(Arrays.stream(rows).mapToLong(row -> lines[row]).toArray(), selected);
  }

  /** Returns a copy with the bits of a file in the line numbers. */
  Chunk withFile(long bits) {
    return new Chunk(Arrays.stream(lines).map(line -> line | bits).toArray(), columns);
  }

  /**
   * The values of one column: texts, or numbers that were not written as text.
   *
   * @param numbers the finite numbers as they are stored, NaN for other values; null if all values
   *     are texts
   * @param codes for the values that are not in numbers: the index in the dictionary, -1 for a
   *     missing value
   * @param dictionary texts of this chunk and of others of the table
   * @param format writes a number as text
   */
  @SuppressWarnings("ArrayRecordComponent") // Never compared.
  public record Values(
      double @Nullable [] numbers,
      int[] codes,
      List<@Nullable String> dictionary,
      DoubleFunction<String> format) {
    static final DoubleFunction<String> INTEGER = number -> Long.toString((long) number);
    static final DoubleFunction<String> FLOAT = number -> Float.toString((float) number);

    /** Smallest magnitude that is converted without text; {@link #MAX_FAST} is the largest. */
    private static final double MIN_FAST = 1e-3;

    private static final double MAX_FAST = 1e7;

    private static final double[] POWERS_OF_TEN =
        IntStream.rangeClosed(0, 12).mapToDouble(i -> Math.pow(10, i)).toArray();

    /**
     * The number of a row, which is finite; NaN if the value is a text or missing. A float32 is the
     * shortest decimal that is nearest to it, as it is written: 0.1, not 0.10000000149.
     */
    public double number(int row) {
      double number = numbers == null ? Double.NaN : numbers[row];
      return format == FLOAT ? decimal((float) number) : number;
    }

    /** {@code Double.parseDouble(Float.toString(value))}, without the text for usual magnitudes. */
    static double decimal(float value) {
      double magnitude = Math.abs(value);
      if (value == 0 || Float.isNaN(value)) {
        return value;
      }
      if (magnitude >= MIN_FAST && magnitude < MAX_FAST) {
        // Decimals of up to 6 digits are different floats: no shorter one is missed. The products
        // are exact: 24 bits of the float and at most 28 of a power of 5.
        int places = Math.max(0, 4 - ((Math.getExponent(value) * 1233) >> 12)); // log10(2) * 4096
        for (; places < POWERS_OF_TEN.length; places++) {
          double power = POWERS_OF_TEN[places];
          double digits = Math.rint(value * power);
          boolean isNear = Math.abs(digits - value * power) <= Math.ulp(value) / 2 * power;
          if (isNear && (float) (digits / power) == value) {
            return digits / power;
          }
        }
      }
      return Double.parseDouble(Float.toString(value));
    }

    /** The index of the text of a row in the {@link #dictionary}; -1 for a missing value. */
    public int code(int row) {
      return codes[row];
    }

    /** The value of a row as text, like {@link Table.Row#find}. */
    public @Nullable String text(int row) {
      double number = number(row);
      return !Double.isNaN(number)
          ? format.apply(number)
          : codes[row] < 0 ? null : dictionary.get(codes[row]);
    }

    /** The text of a number of this column. */
    public String text(double number) {
      return format.apply(number);
    }

    /** Whether the numbers are integers. */
    public boolean isInteger() {
      return format == INTEGER;
    }

    private Values select(int[] rows) {
      double[] all = numbers;
      return new Values(
          all == null ? null : Arrays.stream(rows).mapToDouble(row -> all[row]).toArray(),
          Arrays.stream(rows).map(row -> codes[row]).toArray(),
          dictionary,
          format);
    }
  }
}
