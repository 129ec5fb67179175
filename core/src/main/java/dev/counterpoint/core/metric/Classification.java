package dev.counterpoint.core.metric;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import dev.counterpoint.core.data.Batch;
import dev.counterpoint.core.loss.CrossEntropy;
import dev.counterpoint.core.settings.Excerpt;
import dev.counterpoint.core.settings.Formats;
import dev.counterpoint.core.settings.InvalidSettings;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.IntStream;

/**
 * Accuracy and F1 of predicted classes from logits (..., classes), computed from one confusion
 * matrix.
 *
 * <p>F1 of a class is 2 tp / (2 tp + fp + fn). It is 0 for a class that occurs but is never
 * predicted correctly, as in scikit-learn. The macro average covers the classes that occur in the
 * labels or the predictions. Logits with NaN predict no class.
 */
public final class Classification implements Metric.Maximized {
  private static final int MAX_REMARKS = 5;

  /** Maximum number of labels for a confusion matrix, whose size is the square of this number. */
  private static final int MAX_MATRIX_LABELS = 1_000;

  private static final int COUNTS = ClassCounts.COUNTS;
  private static final int NONE = -1;

  private final List<String> labels;
  private final boolean hasMatrix;
  private final Function<ClassCounts, Map<String, Double>> values;
  private final double[] counts;

  /**
   * Creates the metric: accuracy, and F1 as the macro average and of each class.
   *
   * @param labels the class names, in the order of the class indices
   */
  public Classification(List<String> labels) {
    this(
        labels,
        labels.size() <= MAX_MATRIX_LABELS,
        counts -> counts.accuracyAndF1(labels, Average.PER_CLASS));
  }

  /**
   * Creates a metric that is computed from the counts of the classes.
   *
   * @param hasMatrix whether to accumulate a confusion matrix as well
   * @param values the values by name
   */
  Classification(
      List<String> labels, boolean hasMatrix, Function<ClassCounts, Map<String, Double>> values) {
    this.labels = List.copyOf(labels);
    this.hasMatrix = hasMatrix;
    this.values = values;
    counts = new double[labels.size() * (hasMatrix ? COUNTS + labels.size() : COUNTS)];
  }

  @Override
  public void check(NDArray output, Batch batch) {
    check(output, batch, labels.size());
  }

  /** Requires logits (..., classes) for labels (...). */
  static void check(NDArray output, Batch batch, int classes) {
    Shape expected = batch.labels().getShape().add(classes);
    if (!output.getShape().equals(expected)) {
      throw new InvalidSettings(
          "The model's output has shape %s; for labels of shape %s and %s classes it must"
              + " have shape %s.",
          output.getShape(), batch.labels().getShape(), classes, expected);
    }
  }

  @Override
  public void add(NDArray output, Batch batch) {
    check(output, batch);
    long[] predicted = output.argMax(-1).reshape(new Shape(-1)).toLongArray();
    boolean[] nan = output.max(new int[] {-1}).isNaN().reshape(new Shape(-1)).toBooleanArray();
    long[] actual = batch.labels().reshape(new Shape(-1)).toLongArray();
    for (int i = 0; i < actual.length; i++) {
      if (actual[i] != CrossEntropy.IGNORED) {
        add((int) actual[i], nan[i] ? NONE : (int) predicted[i]);
      }
    }
  }

  private void add(int actual, int predicted) {
    counts[COUNTS * actual + ClassCounts.ACTUAL]++;
    if (predicted == NONE) {
      return;
    }
    counts[COUNTS * predicted + ClassCounts.PREDICTED]++;
    counts[COUNTS * actual + ClassCounts.HIT] += actual == predicted ? 1 : 0;
    if (hasMatrix) {
      counts[index(actual, predicted)]++;
    }
  }

  @Override
  public double[] sums() {
    return counts.clone();
  }

  @Override
  public Map<String, Double> values(double[] sums) {
    return values.apply(new ClassCounts(labels.size(), sums, false));
  }

  /** The most frequent misclassifications; none without a confusion matrix. */
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

  /** The confusion matrix; by default, with at most 1,000 labels. */
  @Override
  public Optional<ConfusionMatrix> confusion(double[] sums) {
    return hasMatrix ? Optional.of(matrix(sums)) : Optional.empty();
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

  /** The index of a cell of the matrix, which follows the counts of the classes. */
  private int index(int actual, int predicted) {
    return (COUNTS + actual) * labels.size() + predicted;
  }
}
