package dev.counterpoint.core.metric;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import dev.counterpoint.core.data.Batch;
import dev.counterpoint.core.loss.CrossEntropy;
import dev.counterpoint.core.settings.Excerpt;
import dev.counterpoint.core.settings.Formats;
import dev.counterpoint.core.settings.InvalidSettings;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * Accuracy and F1 of predicted classes from logits (..., classes), computed from one confusion
 * matrix.
 *
 * <p>F1 of a class is 2 tp / (2 tp + fp + fn). It is 0 for a class that occurs but is never
 * predicted correctly, as in scikit-learn. The macro average covers the classes that occur in the
 * labels or the predictions.
 */
public final class Classification implements Metric {
  private static final int MAX_REMARKS = 5;

  /** With more labels, no confusion matrix is kept: it has labels squared. */
  private static final int MAX_MATRIX_LABELS = 1_000;

  private static final int HIT = 0;
  private static final int ACTUAL = 1;
  private static final int PREDICTED = 2;
  private static final int COUNTS = 3;

  private final List<String> labels;
  private final double[] counts;

  /**
   * Creates the metric.
   *
   * @param labels the class names, in the order of the class indices
   */
  public Classification(List<String> labels) {
    this.labels = List.copyOf(labels);
    counts = new double[labels.size() * (hasMatrix() ? COUNTS + labels.size() : COUNTS)];
  }

  private boolean hasMatrix() {
    return labels.size() <= MAX_MATRIX_LABELS;
  }

  @Override
  public void check(NDArray output, Batch batch) {
    Shape expected = batch.labels().getShape().add(labels.size());
    if (!output.getShape().equals(expected)) {
      throw new InvalidSettings(
          "The model's output has shape %s; for labels of shape %s and %s classes it must"
              + " have shape %s.",
          output.getShape(), batch.labels().getShape(), labels.size(), expected);
    }
  }

  @Override
  public void add(NDArray output, Batch batch) {
    check(output, batch);
    long[] predicted = output.argMax(-1).reshape(new Shape(-1)).toLongArray();
    long[] actual = batch.labels().reshape(new Shape(-1)).toLongArray();
    for (int i = 0; i < actual.length; i++) {
      if (actual[i] != CrossEntropy.IGNORED) {
        add((int) actual[i], (int) predicted[i]);
      }
    }
  }

  private void add(int actual, int predicted) {
    counts[COUNTS * actual + ACTUAL]++;
    counts[COUNTS * predicted + PREDICTED]++;
    counts[COUNTS * actual + HIT] += actual == predicted ? 1 : 0;
    if (hasMatrix()) {
      counts[index(actual, predicted)]++;
    }
  }

  @Override
  public Optional<Mode> mode(String name) {
    return Optional.of(Mode.MAX);
  }

  @Override
  public double[] sums() {
    return counts.clone();
  }

  @Override
  public Map<String, Double> values(double[] sums) {
    Map<String, Double> values = new LinkedHashMap<>();
    double correct = 0;
    double total = 0;
    for (int i = 0; i < labels.size(); i++) {
      correct += sums[COUNTS * i + HIT];
      total += sums[COUNTS * i + ACTUAL];
    }
    values.put("accuracy", correct / total);
    values.put("f1", Double.NaN);
    double f1Sum = 0;
    int occurring = 0;
    for (int i = 0; i < labels.size(); i++) {
      double f1 = f1(sums, i);
      values.put("f1." + labels.get(i), f1);
      if (!Double.isNaN(f1)) {
        f1Sum += f1;
        occurring++;
      }
    }
    values.put("f1", f1Sum / occurring);
    return values;
  }

  /** The most frequent misclassifications; none with more than 1,000 labels. */
  @Override
  public List<String> remarks(double[] sums) {
    return confusion(sums).stream()
        .flatMap(matrix -> matrix.mistakes(MAX_REMARKS).stream())
        .map(
            it ->
                Formats.of(
                    "%s predicted as %s: %s",
                    Excerpt.ofItem(it.actual()), Excerpt.ofItem(it.predicted()), it.times()))
        .toList();
  }

  /** The confusion matrix; empty with more than 1,000 labels. */
  @Override
  public Optional<ConfusionMatrix> confusion(double[] sums) {
    return hasMatrix() ? Optional.of(matrix(sums)) : Optional.empty();
  }

  private ConfusionMatrix matrix(double[] sums) {
    List<List<Long>> rows = new ArrayList<>();
    for (int i = 0; i < labels.size(); i++) {
      int actual = i;
      rows.add(
          IntStream.range(0, labels.size())
              .mapToObj(predicted -> (long) sums[index(actual, predicted)])
              .toList());
    }
    return new ConfusionMatrix(labels, rows);
  }

  private static double f1(double[] sums, int label) {
    int first = COUNTS * label;
    return 2 * sums[first + HIT] / (sums[first + ACTUAL] + sums[first + PREDICTED]);
  }

  /** The index of a cell of the matrix, which follows the counts of the classes. */
  private int index(int actual, int predicted) {
    return (COUNTS + actual) * labels.size() + predicted;
  }
}
