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
 * Accuracy and F1 of class numbers against logits (..., classes), from one table of how often each
 * class was taken for each.
 *
 * <p>F1 of a class is 2 tp / (2 tp + fp + fn), and 0 for a class that occurs but is never met, as
 * in scikit-learn; the macro mean is over the classes that occur in the labels or the predictions.
 */
public final class Classification implements Metric {
  private static final int REMARKS = 5;

  private final List<String> labels;
  private final double[] table;

  /** For classes in the order of their numbers. */
  public Classification(List<String> labels) {
    this.labels = List.copyOf(labels);
    table = new double[labels.size() * labels.size()];
  }

  @Override
  public void check(NDArray output, Batch batch) {
    Shape expected = batch.labels().getShape().add(labels.size());
    if (!output.getShape().equals(expected)) {
      throw new InvalidSettings(
          "The model's output is "
              + output.getShape()
              + "; for labels "
              + batch.labels().getShape()
              + " of "
              + labels.size()
              + " classes it must be "
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
        table[at((int) actual[i], (int) predicted[i])]++;
      }
    }
  }

  @Override
  public double[] sums() {
    return table.clone();
  }

  @Override
  public Map<String, Double> values(double[] sums) {
    Map<String, Double> values = new LinkedHashMap<>();
    double right = 0;
    double all = 0;
    for (int i = 0; i < labels.size(); i++) {
      right += sums[at(i, i)];
      all += actual(sums, i);
    }
    values.put("accuracy", right / all);
    values.put("f1", Double.NaN);
    double total = 0;
    int occurring = 0;
    for (int i = 0; i < labels.size(); i++) {
      double f1 = f1(sums, i);
      values.put("f1." + labels.get(i), f1);
      if (!Double.isNaN(f1)) {
        total += f1;
        occurring++;
      }
    }
    values.put("f1", total / occurring);
    return values;
  }

  /** The pairs that are mistaken for each other most. */
  @Override
  public List<String> remarks(double[] sums) {
    return matrix(sums).mistakes(REMARKS).stream()
        .map(it -> it.actual() + " taken for " + it.predicted() + ": " + it.times())
        .toList();
  }

  @Override
  public Optional<ConfusionMatrix> confusion(double[] sums) {
    return Optional.of(matrix(sums));
  }

  private ConfusionMatrix matrix(double[] sums) {
    List<List<Long>> counts = new ArrayList<>();
    for (int i = 0; i < labels.size(); i++) {
      int actual = i;
      counts.add(
          IntStream.range(0, labels.size())
              .mapToObj(predicted -> (long) sums[at(actual, predicted)])
              .toList());
    }
    return new ConfusionMatrix(labels, counts);
  }

  private double f1(double[] sums, int label) {
    double hits = 2 * sums[at(label, label)];
    double predicted = 0;
    for (int i = 0; i < labels.size(); i++) {
      predicted += sums[at(i, label)];
    }
    return hits / (actual(sums, label) + predicted);
  }

  private double actual(double[] sums, int label) {
    double actual = 0;
    for (int i = 0; i < labels.size(); i++) {
      actual += sums[at(label, i)];
    }
    return actual;
  }

  private int at(int actual, int predicted) {
    return actual * labels.size() + predicted;
  }
}
