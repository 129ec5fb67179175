package dev.counterpoint.runner.report.html;

import dev.counterpoint.core.metric.ConfusionMatrix;
import java.util.ArrayList;
import java.util.List;

/**
 * Confusion matrix for the report. A matrix of more than 20 labels is replaced by its 20 most
 * frequent misclassifications.
 *
 * @param step the optimizer step of the validation
 * @param labels the labels of the columns; empty if the matrix is too large
 * @param rows one row per actual label; empty if the matrix is too large
 * @param mistakes the most frequent misclassifications; empty if the matrix is shown
 */
record ConfusionTable(
    long step, List<String> labels, List<Row> rows, List<ConfusionMatrix.Mistake> mistakes) {
  private static final int MAX_LABELS = 20;
  private static final int MAX_MISTAKES = 20;

  /** The counts of the predictions for one actual label. */
  record Row(String label, List<Cell> cells) {}

  /**
   * A count of the confusion matrix.
   *
   * @param percent the share of the row, in percent
   * @param style the CSS class: {@code right} on the diagonal, {@code wrong} elsewhere
   */
  record Cell(long count, long percent, String style) {}

  /** Returns whether the whole matrix is shown. */
  boolean hasMatrix() {
    return !rows.isEmpty();
  }

  /** Creates the table of a validation. */
  static ConfusionTable of(long step, ConfusionMatrix matrix) {
    return matrix.labels().size() > MAX_LABELS
        ? new ConfusionTable(step, List.of(), List.of(), matrix.mistakes(MAX_MISTAKES))
        : new ConfusionTable(step, matrix.labels(), rows(matrix), List.of());
  }

  private static List<Row> rows(ConfusionMatrix matrix) {
    List<Row> rows = new ArrayList<>();
    for (int actual = 0; actual < matrix.labels().size(); actual++) {
      List<Long> counts = matrix.counts().get(actual);
      long sum = Math.max(1, counts.stream().mapToLong(it -> it).sum());
      List<Cell> cells = new ArrayList<>();
      for (int predicted = 0; predicted < counts.size(); predicted++) {
        long count = counts.get(predicted);
        cells.add(
            new Cell(
                count, Math.round(100.0 * count / sum), predicted == actual ? "right" : "wrong"));
      }
      rows.add(new Row(matrix.labels().get(actual), cells));
    }
    return rows;
  }
}
