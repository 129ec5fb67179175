package dev.counterpoint.runner.cli.model;

import dev.counterpoint.core.internal.storage.Sha256;
import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.inference.Pipeline;
import dev.counterpoint.runner.report.Console;
import dev.counterpoint.strategies.spark.scoring.ScoringPlan;
import dev.counterpoint.tasks.table.Columns;
import dev.counterpoint.tasks.table.Table;
import dev.counterpoint.tasks.table.TableFormat;
import dev.counterpoint.tasks.table.TableSource;
import dev.counterpoint.tasks.tabular.TabularRows;
import dev.counterpoint.tasks.textclassification.Prediction;
import dev.counterpoint.tasks.textclassification.TextInput;
import dev.counterpoint.tasks.tokenizer.TextEncoder;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Predicts the rows of a table into a file or a {@link DatabaseTable}: the kept columns, as text,
 * then {@code prediction} and {@code probability}, or the predicted numbers. A file appears when it
 * is complete; until then its name ends with {@code .partial}, and another start begins again.
 */
final class ScoredTable {
  /** The number of rows that are predicted at once. */
  private static final int BATCH = 256;

  private static final long PROGRESS = Duration.ofSeconds(10).toNanos();

  private final Pipeline pipeline;
  private final @Nullable TabularRows table;
  private final TableSource source;
  private final List<String> keep;
  private final Console console;
  private final List<Table.Row> pending = new ArrayList<>();
  private final List<Map<String, @Nullable String>> inputs = new ArrayList<>();
  private final List<String> seconds = new ArrayList<>();
  private long skipped;
  private long rows;
  private long printed = System.nanoTime();

  ScoredTable(Pipeline pipeline, Path data, List<String> keep, Console console) throws IOException {
    this.pipeline = pipeline;
    table = pipeline.table().orElse(null);
    source = TableSource.of(data).requireReadable(false);
    this.keep = keep;
    this.console = console;
  }

  /**
   * Writes the file; its extension selects the format.
   *
   * @param isPart whether the table may have no rows, because it is a part of one
   * @throws InvalidSettings if it exists, or a row or a name is invalid
   */
  void write(Path output, boolean isPart) throws IOException {
    TableFile.write(
        output,
        file -> {
          source.read(format(), it -> read(it, file::add));
          requireRows(isPart);
          file.begin(columns());
        });
    console.log("%,d rows predicted: %s", rows, output);
  }

  /**
   * Inserts the rows into a table of a database, after those of an earlier start.
   *
   * @param model a hash of the model
   */
  void insert(DatabaseTable.Target target, String model) throws IOException {
    String all = model + ' ' + source.hash() + ' ' + keep;
    String key = Sha256.of(all).substring(0, 16);
    try (DatabaseTable output = new DatabaseTable(target, key)) {
      skipped = output.rows();
      source.read(format(), it -> read(it, output::insert));
      requireRows(skipped > 0);
      console.log(
          "%,d rows predicted, %,d were already in %s", rows, output.rows(), target.table());
    }
  }

  /**
   * Plans a folder that tasks of Spark write.
   *
   * @param model a hash of the model
   * @param trusted the hashes of its code
   * @throws InvalidSettings if the table lacks columns of the model, or the folder exists
   */
  ScoringPlan plan(ScoredFolder folder, String model, List<String> arguments, List<String> trusted)
      throws IOException {
    source.read(format(), this::checked);
    columns();
    return folder.plan(source, model + ' ' + keep, arguments, trusted);
  }

  private void requireRows(boolean mayBeEmpty) {
    if (rows == 0 && !mayBeEmpty) {
      throw new InvalidSettings("%s has no rows.", source.name());
    }
  }

  /** The columns of the predictions, each with an example value of its type. */
  private Map<String, @Nullable Object> columns() {
    Map<String, @Nullable Object> columns = new LinkedHashMap<>();
    keep.forEach(column -> columns.put(column, ""));
    if (pipeline.kind() == Pipeline.Kind.LABELS) {
      put("prediction", "", columns);
      put("probability", 0.0, columns);
    } else {
      add(new double[Math.max(1, pipeline.labels().size())], columns);
    }
    return columns;
  }

  private TableFormat format() {
    return table == null ? pipeline.input().format() : table.format();
  }

  /** Receives the records of consecutive rows. */
  private interface Output {
    void add(List<Map<String, @Nullable Object>> records) throws IOException;
  }

  /** Checks that the table has the columns that are read, and returns the name of the text. */
  private String checked(Table rows) {
    keep.forEach(column -> source.requireColumn(column, rows.columns()));
    if (table != null) {
      table.inputs().forEach(column -> source.requireColumn(column, rows.columns()));
    }
    TextInput input = pipeline.input();
    String text = table == null ? new Columns(input.text(), null).textColumn(source, rows) : "";
    if (input.text2() != null) {
      source.requireColumn(input.text2(), rows.columns());
    }
    return text;
  }

  private Table read(Table rows, Output out) throws IOException {
    String text = checked(rows);
    String text2 = pipeline.input().text2();
    long position = 0;
    for (Table.Row row = rows.next(); row != null; row = rows.next()) {
      if (position++ < skipped) {
        continue;
      }
      pending.add(row);
      inputs.add(table == null ? Map.of("", row.get(text)) : table.fields(row));
      seconds.add(text2 == null ? "" : row.get(text2));
      if (pending.size() == BATCH) {
        predict(out);
      }
    }
    predict(out);
    return rows;
  }

  private void predict(Output out) throws IOException {
    if (pending.isEmpty()) {
      return;
    }
    for (int i = 0; table != null && i < pending.size(); i++) {
      table.check(source.origin(pending.get(i).line()), inputs.get(i));
    }
    TextEncoder.Encoded examples =
        table == null
            ? texts(inputs.stream().map(it -> String.valueOf(it.get(""))).toList())
            : pipeline.tableRows(inputs);
    boolean hasLabels = pipeline.kind() == Pipeline.Kind.LABELS;
    List<Prediction> labels = hasLabels ? pipeline.classify(examples) : List.of();
    List<double[]> values = hasLabels ? List.of() : pipeline.values(examples);
    List<Map<String, @Nullable Object>> records = new ArrayList<>();
    for (int i = 0; i < pending.size(); i++) {
      Map<String, @Nullable Object> record = new LinkedHashMap<>();
      for (String column : keep) {
        record.put(column, pending.get(i).find(column));
      }
      if (hasLabels) {
        add(labels.get(i), record);
      } else {
        add(values.get(i), record);
      }
      records.add(record);
    }
    out.add(records);
    rows += pending.size();
    pending.clear();
    inputs.clear();
    seconds.clear();
    if (System.nanoTime() - printed > PROGRESS) {
      console.log("%,d rows predicted", rows);
      printed = System.nanoTime();
    }
  }

  private TextEncoder.Encoded texts(List<String> texts) {
    return pipeline.input().text2() == null
        ? pipeline.texts(texts)
        : pipeline.pairs(texts, seconds);
  }

  private void add(Prediction prediction, Map<String, @Nullable Object> record) {
    String separator = Objects.requireNonNullElse(pipeline.input().labelSeparator(), ",");
    put("prediction", String.join(separator, pipeline.predicted(prediction)), record);
    put("probability", prediction.probability(), record);
  }

  private void add(double[] values, Map<String, @Nullable Object> record) {
    for (int i = 0; i < values.length; i++) {
      String name =
          values.length == 1
              ? ""
              : "_" + (pipeline.labels().size() == values.length ? pipeline.labels().get(i) : i);
      put("prediction" + name, values[i], record);
    }
  }

  private static void put(String name, Object value, Map<String, @Nullable Object> record) {
    if (record.containsKey(name)) {
      throw new InvalidSettings(
          "--keep cannot keep the column %s, because the predictions have a column of this name.",
          name);
    }
    record.put(name, value);
  }
}
