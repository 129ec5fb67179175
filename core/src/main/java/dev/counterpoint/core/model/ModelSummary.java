package dev.counterpoint.core.model;

import dev.counterpoint.core.parameter.Parameter;
import java.util.List;
import java.util.Locale;

/**
 * The parameters of a model as a table: name, shape, count, trained or frozen.
 *
 * @param rows one a parameter, in the order of the model
 */
public record ModelSummary(List<Row> rows) {
  /** One parameter. */
  public record Row(String name, String shape, long count, boolean trainable) {}

  /** Of a model, initialized or not. */
  public static ModelSummary of(BaseModel model) {
    return new ModelSummary(model.parameters().stream().map(ModelSummary::row).toList());
  }

  /** Numbers in all parameters. */
  public long count() {
    return rows.stream().mapToLong(Row::count).sum();
  }

  /** Numbers that training changes. */
  public long trainable() {
    return rows.stream().filter(Row::trainable).mapToLong(Row::count).sum();
  }

  /** The table as text, its last line the totals. */
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
              row.trainable() ? "trained" : "kept"));
    }
    return text.append(
            String.format(Locale.ROOT, "%,d parameters, %,d of them trained", count(), trainable()))
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
