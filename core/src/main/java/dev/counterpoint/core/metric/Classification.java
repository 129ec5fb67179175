package dev.counterpoint.core.metric;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import dev.counterpoint.core.data.Batch;
import dev.counterpoint.core.loss.CrossEntropy;
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

  private final List<String> labels;
  private final double[] counts;

  /**
   * Creates the metric.
   *
   * @param labels the class names, in the order of the class indices
   */
  public Classification(List<String> labels) {
    this.labels = List.copyOf(labels);
    counts = new double[labels.size() * labels.size()];
  }

  @Override
  public void check(NDArray output, Batch batch) {
    Shape expected = batch.labels().getShape().add(labels.size());
    if (!output.getShape().equals(expected)) {
      throw new InvalidSettings(
          "The model's output has shape "
              + output.getShape()
              + "; for labels of shape "
              + batch.labels().getShape()
              + " and "
              + labels.size()
              + " classes it must have shape "
              + expected
              + ".");
    }
  }

  @Override
  public void add(NDArray output, Batch batch) {
    check(output, batch);
    long[] predicted = output.argMax(-1).reshape(new Shape(-1)).toLongArray();
    long[] actual = batch.labels().reshape(new Shape(-1)).toLongArray();
    for (int i = 0; i < actual.length; i++) {
      if (actual[i] != CrossEntropy.IGNORED) {
        counts[index((int) actual[i], (int) predicted[i])]++;
      }
    }
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
      correct += sums[index(i, i)];
      total += actual(sums, i);
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

  /** The most frequent misclassifications. */
  @Override
  public List<String> remarks(double[] sums) {
    return matrix(sums).mistakes(MAX_REMARKS).stream()
        .map(it -> it.actual() + " predicted as " + it.predicted() + ": " + it.times())
        .toList();
  }

  @Override
  public Optional<ConfusionMatrix> confusion(double[] sums) {
    return Optional.of(matrix(sums));
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

  private double f1(double[] sums, int label) {
    double hits = 2 * sums[index(label, label)];
    double predicted = 0;
    for (int i = 0; i < labels.size(); i++) {
      predicted += sums[index(i, label)];
    }
    return hits / (actual(sums, label) + predicted);
  }

  private double actual(double[] sums, int label) {
    double actual = 0;
    for (int i = 0; i < labels.size(); i++) {
      actual += sums[index(label, i)];
    }
    return actual;
  }

  private int index(int actual, int predicted) {
    return actual * labels.size() + predicted;
  }
}
