package dev.counterpoint.core.model;

import dev.counterpoint.core.parameter.Parameter;
import dev.counterpoint.core.settings.Formats;
import java.util.List;
import java.util.Locale;

/**
 * Table of a model's parameters: name, shape, element count, trainable or frozen.
 *
 * @param rows one row per parameter, in the order of the model
 */
public record ModelSummary(List<Row> rows) {
  /**
   * One parameter.
   *
   * @param count number of elements
   */
  public record Row(String name, String shape, long count, boolean trainable) {}

  /** Summarizes a model, initialized or not. */
  public static ModelSummary of(BaseModel model) {
    return new ModelSummary(model.parameters().stream().map(ModelSummary::row).toList());
  }

  /** Total number of elements of all parameters. */
  public long count() {
    return rows.stream().mapToLong(Row::count).sum();
  }

  /** Total number of elements of the trainable parameters. */
  public long trainable() {
    return rows.stream().filter(Row::trainable).mapToLong(Row::count).sum();
  }

  /** The table as text; the last line has the totals. */
  @Override
  public String toString() {
    int width = rows.stream().mapToInt(row -> row.name().length()).max().orElse(0);
    StringBuilder text = new StringBuilder();
    for (Row row : rows) {
      text.append(
          String.format(
              Locale.ROOT,
              "%-" + Math.max(width, 1) + "s  %-14s %,12d  %s%n",
              row.name(),
              row.shape(),
              row.count(),
              row.trainable() ? "trainable" : "frozen"));
    }
    return text.append(Formats.of("%,d parameters, %,d trainable", count(), trainable()))
        .toString();
  }

  private static Row row(Parameter parameter) {
    return new Row(
        parameter.name(),
        parameter.shape().toString(),
        parameter.shape().size(),
        parameter.trainable());
  }
}
