package dev.counterpoint.tasks.tabular;

import dev.counterpoint.core.settings.Excerpt;
import dev.counterpoint.core.settings.Formats;
import dev.counterpoint.tasks.targets.NumberTarget;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Encodes the values of a column as cells: the bits of float32 numbers, or an id. A text has none.
 *
 * @param column an input of the model; null for a target or a weight
 * @param ids the ids of texts, for an input also of their {@link Reading#plain} texts; null for
 *     numbers
 * @param minimum the smallest number of a target or a weight
 */
record ColumnEncoder(
    String name, @Nullable Column column, @Nullable Map<String, Integer> ids, double minimum) {
  /** The encoder of an input. */
  static ColumnEncoder input(Column column) {
    if (column.type() != ColumnType.CATEGORICAL) {
      return new ColumnEncoder(column.name(), column, null, 0);
    }
    Map<String, Integer> ids = ids(column.categories(), 1);
    new LinkedHashMap<>(ids).forEach((text, id) -> ids.putIfAbsent(Reading.plain(text), id));
    return new ColumnEncoder(column.name(), column, ids, 0);
  }

  /** The encoders of the targets, and of the weight if it is not null. */
  static List<ColumnEncoder> outputs(Target target, @Nullable String weight) {
    Map<String, Integer> ids = target.isClass() ? ids(target.labels(), 0) : null;
    return Stream.concat(
            target.columns().stream()
                .map(name -> new ColumnEncoder(name, null, ids, -Float.MAX_VALUE)),
            Stream.ofNullable(weight)
                .map(name -> new ColumnEncoder(name, null, null, Float.MIN_VALUE)))
        .toList();
  }

  private static Map<String, Integer> ids(List<String> texts, int first) {
    Map<String, Integer> ids = new LinkedHashMap<>();
    texts.forEach(text -> ids.put(text, ids.size() + first));
    return ids;
  }

  /** The number of cells of a row. */
  int width() {
    return column == null || ids != null ? 1 : column.width();
  }

  /** Whether the value of an input is missing, but never was in the training split. */
  boolean isImputed(@Nullable String value) {
    return value == null && column != null && !column.isNullable();
  }

  /** Whether the value of an input is unseen or rare in the training split. */
  boolean isUnseen(@Nullable String value) {
    return value != null && column != null && ids != null && id(value, ids) == null;
  }

  /** The id of a value of an input also if it is written differently, see {@link Reading#plain}. */
  private @Nullable Integer id(String value, Map<String, Integer> known) {
    Integer id = known.get(value);
    return id == null && column != null ? known.get(Reading.plain(value)) : id;
  }

  /** Whether the tokens of the values are read. */
  boolean isText() {
    return column != null && column.type() == ColumnType.TEXT;
  }

  /** Whether the column is encoded from numbers, not from texts. */
  boolean readsNumbers() {
    return ids == null
        && (column == null
            || column.type() == ColumnType.NUMERIC
            || column.type() == ColumnType.QUANTILE);
  }

  /**
   * Encodes a number.
   *
   * @param number NaN for a missing value
   * @param at the index of the first cell
   * @return whether it is in the range of the column
   */
  boolean encode(double number, int[] cells, int at) {
    if (column == null) {
      cells[at] = Float.floatToRawIntBits((float) number);
      return number >= minimum && number <= Float.MAX_VALUE;
    }
    column.encode(number, cells, at);
    return Float.isFinite(Float.intBitsToFloat(cells[at]));
  }

  /**
   * Encodes a text.
   *
   * @param value null if it is missing
   * @param at the index of the first cell
   * @return what is wrong with the value; null if it is valid
   */
  @Nullable String encode(@Nullable String value, int[] cells, int at) {
    if (value == null && column == null) {
      return "has no value in \"%s\".".formatted(Excerpt.ofItem(name));
    }
    if (ids != null) {
      Integer id = id(value == null ? "" : value, ids);
      cells[at] = id == null ? 0 : id;
      return id != null || column != null
          ? null
          : "has the label \"%s\", which is not among the training labels: %s. If it is another name of one of them, set data.labels."
              .formatted(
                  Excerpt.ofItem(String.valueOf(value)), Excerpt.ofList(List.copyOf(ids.keySet())));
    }
    if (isText()) {
      return null;
    }
    ColumnType type = column == null ? ColumnType.NUMERIC : column.type();
    double number = value == null ? Double.NaN : type.parse(value);
    if (value != null && column != null && !Double.isFinite(number)) {
      return ColumnProfile.problem(name, type, value);
    }
    if (encode(number, cells, at)) {
      return null;
    }
    String text = String.valueOf(value);
    return column == null
        ? NumberTarget.problem(name, text, minimum)
        : Formats.of(
            "has %s in the column \"%s\", too far from the numbers of the training split: %s to %s.",
            Excerpt.ofItem(text), Excerpt.ofItem(name), column.min(), column.max());
  }
}
