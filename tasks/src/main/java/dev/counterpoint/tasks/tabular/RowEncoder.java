package dev.counterpoint.tasks.tabular;

import dev.counterpoint.core.data.Batch;
import dev.counterpoint.core.data.HostBatch;
import dev.counterpoint.core.data.HostTensor;
import dev.counterpoint.core.settings.Excerpt;
import dev.counterpoint.core.settings.Formats;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Encodes the values of rows as numbers and ids. Immutable. */
final class RowEncoder {
  private final List<Column> columns;
  private final List<Map<String, Integer>> ids;
  private final int features;
  private final int categories;

  /** Encoded row. */
  static final class Encoded {
    final float[] features;
    final int[] ids;

    /** The categorical columns whose value is unseen or rare in the training split. */
    final List<String> unseen = new ArrayList<>(0);

    /** The columns whose value is missing, but never was in the training split. */
    final List<String> imputed = new ArrayList<>(0);

    private Encoded(int features, int categories) {
      this.features = new float[features];
      ids = new int[categories];
    }
  }

  RowEncoder(TabularSchema schema) {
    columns = schema.inputs();
    features = columns.stream().mapToInt(Column::width).sum();
    ids =
        columns.stream()
            .filter(it -> it.type() == ColumnType.CATEGORICAL)
            .map(RowEncoder::ids)
            .toList();
    categories = ids.size();
  }

  private static Map<String, Integer> ids(Column column) {
    Map<String, Integer> ids = new HashMap<>();
    column.categories().forEach(value -> ids.put(value, ids.size() + 1));
    return ids;
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
    Encoded row = new Encoded(features, categories);
    int at = 0;
    int category = 0;
    for (Column column : columns) {
      String value = values.apply(column.name());
      if (value == null && !column.isNullable()) {
        row.imputed.add(column.name());
      }
      if (column.type() == ColumnType.CATEGORICAL) {
        int id = ids.get(category).getOrDefault(value == null ? "" : value, 0);
        row.ids[category++] = id;
        if (id == 0 && value != null) {
          row.unseen.add(column.name());
        }
      } else {
        double number = value == null ? Double.NaN : column.type().parse(value);
        if (value != null && !Double.isFinite(number)) {
          throw invalid.apply(ColumnProfile.problem(column.name(), column.type(), value));
        }
        column.encode(number, row.features, at);
        if (!Float.isFinite(row.features[at])) {
          throw invalid.apply(
              Formats.of(
                  "has %s in the column \"%s\", too far from the numbers of the training split: %s to %s.",
                  Excerpt.ofItem(String.valueOf(value)),
                  Excerpt.ofItem(column.name()),
                  column.min(),
                  column.max()));
        }
        at += column.width();
      }
    }
    return row;
  }

  /** A batch of encoded rows without labels. */
  HostBatch batch(List<Encoded> rows) {
    Map<String, HostTensor> tensors = new LinkedHashMap<>();
    if (features > 0) {
      float[] all = new float[rows.size() * features];
      for (int i = 0; i < rows.size(); i++) {
        System.arraycopy(rows.get(i).features, 0, all, i * features, features);
      }
      tensors.put(Batch.FEATURES, HostTensor.of(all, rows.size(), features));
    }
    if (categories > 0) {
      long[] all = rows.stream().flatMapToInt(it -> Arrays.stream(it.ids)).asLongStream().toArray();
      tensors.put(Batch.CATEGORIES, HostTensor.of(all, rows.size(), categories));
    }
    return HostBatch.of(rows.size(), tensors);
  }
}
