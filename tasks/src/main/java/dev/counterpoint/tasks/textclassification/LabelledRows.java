package dev.counterpoint.tasks.textclassification;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.counterpoint.core.internal.storage.Json;
import dev.counterpoint.core.settings.Excerpt;
import dev.counterpoint.tasks.table.Columns;
import dev.counterpoint.tasks.table.Table;
import dev.counterpoint.tasks.table.TableSource;
import dev.counterpoint.tasks.targets.LabelNumbers;
import dev.counterpoint.tasks.targets.NumberTarget;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Reads the texts and labels of a table with the columns of the settings. */
record LabelledRows(TableSource file, TextClassification settings) {
  /** The texts of the first rows, as a caller of the trained model passes them. */
  List<ObjectNode> inputs(int count) throws IOException {
    List<ObjectNode> inputs = new ArrayList<>();
    read(
        count,
        example -> {
          ObjectNode input = Json.MAPPER.createObjectNode().put("text", example.text());
          inputs.add(example.second() == null ? input : input.put("text2", example.second()));
        });
    return inputs;
  }

  /**
   * Passes the first rows to the handler, in file order.
   *
   * @param count the maximum number of rows
   * @return the result of {@link Columns#describeDetected}
   */
  String read(long count, RowHandler handler) throws IOException {
    return file.read(
        settings.format(),
        table -> {
          Columns columns = new Columns(settings.text(), settings.label());
          String textColumn = columns.textColumn(file, table);
          List<String> flags = settings.labelColumns();
          String labelColumn = flags == null ? columns.labelColumn(file, table) : null;
          if (flags != null) {
            flags.forEach(column -> file.requireColumn(column, table.columns()));
          }
          String secondColumn = settings.text2();
          String weightColumn = settings.weight();
          for (String column : Arrays.asList(secondColumn, weightColumn)) {
            if (column != null) {
              file.requireColumn(column, table.columns());
            }
          }
          List<String> targets = flags == null ? List.of(String.valueOf(labelColumn)) : flags;
          Table.Row row;
          for (long i = 0; i < count && (row = table.next()) != null; i++) {
            List<String> labels =
                settings.isRegression()
                    ? List.of()
                    : labelColumn == null ? flagged(row) : labels(row, labelColumn);
            for (String label : labels) {
              LabelNumbers.requireShort(label, file::origin, row.line());
            }
            List<Double> numbers = settings.isRegression() ? numbers(row, targets) : List.of();
            double weight = weightColumn == null ? 1 : number(row, weightColumn, Float.MIN_VALUE);
            String second = secondColumn == null ? null : second(row, secondColumn);
            handler.row(
                new Example(row.line(), row.get(textColumn), second, labels, numbers, weight));
          }
          return columns.describeDetected(table, textColumn, labelColumn);
        });
  }

  private String second(Table.Row row, String column) {
    String text = row.find(column);
    if (text == null || text.isBlank()) {
      throw file.invalidLine(
          row.line(), "has no text in \"%s\".".formatted(Excerpt.ofItem(column)));
    }
    return text;
  }

  private List<Double> numbers(Table.Row row, List<String> columns) {
    return columns.stream().map(column -> number(row, column, -Float.MAX_VALUE)).toList();
  }

  private double number(Table.Row row, String column, double minimum) {
    return NumberTarget.parse(file, row.line(), column, row.get(column).strip(), minimum);
  }

  /** The labels of a row, each once, in the order of the file. */
  private List<String> labels(Table.Row row, String column) {
    String separator = settings.labelSeparator();
    String label = label(row, column, separator).strip();
    if (separator != null) {
      return Pattern.compile(separator, Pattern.LITERAL)
          .splitAsStream(label)
          .map(String::strip)
          .filter(it -> !it.isEmpty())
          .distinct()
          .toList();
    }
    if (label.isEmpty()) {
      throw file.invalidLine(row.line(), "has an empty \"" + column + "\".");
    }
    return List.of(label);
  }

  /** The text of the label column; a list of labels is joined by the separator. */
  private String label(Table.Row row, String column, @Nullable String separator) {
    List<String> list = separator == null ? null : row.list(column);
    if (separator == null || list == null) {
      return row.get(column);
    }
    for (String each : list) {
      if (each.contains(separator)) {
        throw file.invalidLine(
            row.line(),
            "has the label \"%s\", which contains labelSeparator; set a different labelSeparator."
                .formatted(Excerpt.ofItem(each)));
      }
    }
    return String.join(separator, list);
  }

  /** The columns of labels that are 1 in a row; each must be 0 or 1, or a boolean. */
  private List<String> flagged(Table.Row row) {
    List<String> labels = new ArrayList<>();
    for (String column : settings.labelColumnsOrEmpty()) {
      String value = row.get(column).strip();
      switch (value) {
        case "1", "1.0", "true", "True" -> labels.add(column);
        case "0", "0.0", "false", "False" -> {}
        default ->
            throw file.invalidLine(
                row.line(),
                "has \"%s\" in the label column \"%s\", which must be 0 or 1."
                    .formatted(Excerpt.ofItem(value), Excerpt.ofItem(column)));
      }
    }
    return labels;
  }

  /**
   * One row.
   *
   * @param second the second text of a pair; null if there are no pairs
   * @param labels the labels; empty for a regression
   * @param numbers the targets of a regression
   * @param weight the weight in the loss
   */
  record Example(
      long line,
      String text,
      @Nullable String second,
      List<String> labels,
      List<Double> numbers,
      double weight) {
    String secondOrEmpty() {
      return second == null ? "" : second;
    }
  }

  /** Callback that receives each row. */
  @FunctionalInterface
  interface RowHandler {
    void row(Example example) throws IOException;
  }
}
