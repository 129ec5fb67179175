package dev.counterpoint.core.metric;

import ai.djl.ndarray.NDArray;
import dev.counterpoint.core.data.Batch;
import dev.counterpoint.core.settings.InvalidSettings;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/**
 * Accuracy and F1 of sets of predicted labels from logits (batch, labels) and labels (batch,
 * labels) of 0 and 1. A label is predicted if its logit is at least 0, a probability of 0.5.
 * Accuracy is the fraction of examples with exactly the correct labels.
 */
public final class MultiLabelClassification implements Metric {
  private final List<String> labels;
  private final Function<ClassCounts, Map<String, Double>> values;
  private final double[] counts; // of each label; then examples that are correct, examples

  /**
   * Creates the metric: accuracy, and F1 as the micro and macro average and of each label.
   *
   * @param labels the names, in the order of the outputs
   */
  public MultiLabelClassification(List<String> labels) {
    this(labels, counts -> accuracyAndF1(counts, labels));
  }

  MultiLabelClassification(List<String> labels, Function<ClassCounts, Map<String, Double>> values) {
    this.labels = List.copyOf(labels);
    this.values = values;
    counts = new double[labels.size() * ClassCounts.COUNTS + 2];
  }

  private static Map<String, Double> accuracyAndF1(ClassCounts counts, List<String> labels) {
    Map<String, Double> values = new LinkedHashMap<>();
    values.put("accuracy", counts.accuracy());
    values.putAll(new ClassificationMetrics.F1(Average.MICRO).values(counts, labels));
    values.putAll(new ClassificationMetrics.F1(Average.PER_CLASS).values(counts, labels));
    return values;
  }

  @Override
  public void check(NDArray output, Batch batch) {
    if (!output.getShape().equals(batch.labels().getShape())
        || output.getShape().tail() != labels.size()) {
      throw new InvalidSettings(
          "The model's output has shape %s; for labels of shape %s it must have the same shape.",
          output.getShape(), batch.labels().getShape());
    }
  }

  @Override
  public void add(NDArray output, Batch batch) {
    check(output, batch);
    double[] logits = RegressionMetrics.numbers(output);
    double[] actual = RegressionMetrics.numbers(batch.labels());
    for (int row = 0; row < logits.length; row += labels.size()) {
      boolean exact = true;
      for (int i = 0; i < labels.size(); i++) {
        boolean expected = actual[row + i] > 0;
        boolean predicted = logits[row + i] >= 0;
        int first = i * ClassCounts.COUNTS;
        counts[first + ClassCounts.HIT] += expected && predicted ? 1 : 0;
        counts[first + ClassCounts.ACTUAL] += expected ? 1 : 0;
        counts[first + ClassCounts.PREDICTED] += predicted ? 1 : 0;
        exact &= expected == predicted;
      }
      counts[counts.length - 2] += exact ? 1 : 0;
      counts[counts.length - 1]++;
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
    return values.apply(new ClassCounts(labels.size(), sums, true));
  }
}
