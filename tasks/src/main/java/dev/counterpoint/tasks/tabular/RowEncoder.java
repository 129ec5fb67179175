package dev.counterpoint.tasks.tabular;

import dev.counterpoint.core.data.Batch;
import dev.counterpoint.core.data.HostBatch;
import dev.counterpoint.core.data.HostTensor;
import dev.counterpoint.tasks.tokenizer.TextEncoder;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.IntBinaryOperator;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** Encodes the values of rows as numbers and ids. Immutable. */
final class RowEncoder {
  private final List<ColumnEncoder> columns;
  private final int features;
  private final int categories;

  /** Encoded row. */
  static final class Encoded {
    /** The features (float32), then the ids. */
    private final int[] cells;

    /** The columns whose value is missing, but never was in the training split. */
    final List<String> imputed = new ArrayList<>(0);

    private String text = "";

    private Encoded(int cells) {
      this.cells = new int[cells];
    }
  }

  RowEncoder(TabularSchema schema) {
    columns = schema.inputs().stream().map(ColumnEncoder::input).toList();
    features = schema.inputs().stream().mapToInt(Column::width).sum();
    categories = (int) columns.stream().filter(it -> it.ids() != null).count();
  }

  /** The encoders of the inputs, first those of features. */
  List<ColumnEncoder> columns() {
    return columns;
  }

  /** The number of numeric features. */
  int features() {
    return features;
  }

  /** The number of categorical columns. */
  int categories() {
    return categories;
  }

  /**
   * Encodes one row.
   *
   * @param values returns the value of a column; null if it is missing
   * @param invalid creates the exception about an invalid value from a description
   */
  Encoded encode(
      Function<String, @Nullable String> values, Function<String, RuntimeException> invalid) {
    Encoded row = new Encoded(features + categories);
    int at = 0;
    for (ColumnEncoder column : columns) {
      String value = values.apply(column.name());
      if (column.isImputed(value)) {
        row.imputed.add(column.name());
      }
      String problem = column.encode(value, row.cells, at);
      if (problem != null) {
        throw invalid.apply(problem);
      }
      at += column.width();
      row.text = column.isText() && value != null ? value : row.text;
    }
    return row;
  }

  /**
   * A batch of encoded rows without labels.
   *
   * @param texts the encoder of texts; null if there are none
   */
  TextEncoder.Encoded batch(List<Encoded> rows, @Nullable TextEncoder texts) {
    Map<String, HostTensor> tensors = new LinkedHashMap<>();
    putInputs(rows.size(), (row, cell) -> rows.get(row).cells[cell], tensors);
    if (texts == null) {
      return new TextEncoder.Encoded(
          HostBatch.of(rows.size(), tensors), Collections.nCopies(rows.size(), false));
    }
    TextEncoder.Encoded text = texts.encoded(rows.stream().map(it -> it.text).toList());
    tensors.putAll(text.batch().tensors());
    return new TextEncoder.Encoded(
        new HostBatch(rows.size(), text.batch().tokens(), tensors), text.truncated());
  }

  /** Adds the tensors of the inputs; the cells of a row are its features, then its ids. */
  void putInputs(int rows, IntBinaryOperator cells, Map<String, HostTensor> tensors) {
    if (features > 0) {
      tensors.put(Batch.FEATURES, numbers(rows, 0, features, cells));
    }
    if (categories > 0) {
      long[] ids = ids(rows, features, categories, cells);
      tensors.put(Batch.CATEGORIES, HostTensor.of(ids, rows, categories));
    }
  }

  /** Numbers (rows, count) from consecutive cells of each row. */
  static HostTensor numbers(int rows, int from, int count, IntBinaryOperator cells) {
    float[] numbers = new float[rows * count];
    for (int i = 0; i < numbers.length; i++) {
      numbers[i] = Float.intBitsToFloat(cells.applyAsInt(i / count, from + i % count));
    }
    return HostTensor.of(numbers, rows, count);
  }

  /** Ids (rows, count) from consecutive cells of each row. */
  static long[] ids(int rows, int from, int count, IntBinaryOperator cells) {
    return IntStream.range(0, rows * count)
        .mapToLong(i -> cells.applyAsInt(i / count, from + i % count))
        .toArray();
  }
}
