package dev.counterpoint.runner.report.html;

import dev.counterpoint.core.metric.ConfusionMatrix;
import java.util.ArrayList;
import java.util.List;

/**
 * What the page shows of a confusion matrix: all of it where it is small enough to be looked at,
 * and else the mistakes that were made most.
 *
 * @param step that the validation came after
 * @param labels of the columns; empty where the matrix is too large
 * @param rows one for each label
 * @param mistakes empty where the matrix is shown
 */
record ConfusionTable(
    long step, List<String> labels, List<Row> rows, List<ConfusionMatrix.Mistake> mistakes) {
  private static final int MOST_LABELS = 20;
  private static final int MOST_MISTAKES = 20;

  /** What one label was taken for. */
  record Row(String label, List<Cell> cells) {}

  /**
   * One count.
   *
   * @param percent of its row
   * @param style its class in the style sheet: right on the diagonal, wrong beside it
   */
  record Cell(long count, long percent, String style) {}

  /** Whether all of the matrix is shown. */
  boolean hasMatrix() {
    return !rows.isEmpty();
  }

  static ConfusionTable of(long step, ConfusionMatrix matrix) {
    return matrix.labels().size() > MOST_LABELS
        ? new ConfusionTable(step, List.of(), List.of(), matrix.mistakes(MOST_MISTAKES))
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
