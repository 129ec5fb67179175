package dev.counterpoint.core.metric;

import ai.djl.ndarray.NDArray;
import dev.counterpoint.core.data.Batch;
import dev.counterpoint.core.data.DataSpec;
import dev.counterpoint.core.data.ModelSignature;
import dev.counterpoint.core.loss.OutputActivation;
import dev.counterpoint.core.settings.InvalidSettings;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Accuracy and F1 of sets of predicted labels from logits (batch, labels) and labels (batch,
 * labels) of 0 and 1. A label is predicted if its probability is at least its threshold; by default
 * if its logit is at least 0, a probability of 0.5. Accuracy is the fraction of examples with
 * exactly the correct labels.
 */
public final class MultiLabelClassification implements Metric.Maximized {
  private final List<String> labels;
  private final @Nullable List<Double> thresholds;
  private final Function<ClassCounts, Map<String, Double>> values;
  private final double[] counts; // of each label; then examples that are correct, examples

  /**
   * Creates the metric: accuracy, and F1 as the micro and macro average and of each label.
   *
   * @param data has the labels, in the order of the outputs, and their thresholds
   */
  public MultiLabelClassification(DataSpec data) {
    this(data, counts -> counts.accuracyAndF1(data.labels(), Average.MICRO, Average.PER_CLASS));
  }

  MultiLabelClassification(DataSpec data, Function<ClassCounts, Map<String, Double>> values) {
    labels = data.labels();
    thresholds = data.thresholds();
    this.values = values;
    counts = new double[labels.size() * ClassCounts.COUNTS + 2];
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
        boolean predicted =
            thresholds == null
                ? logits[row + i] >= 0
                : OutputActivation.sigmoid(logits[row + i]) >= thresholds.get(i);
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
  public double[] sums() {
    return counts.clone();
  }

  @Override
  public Map<String, Double> values(double[] sums) {
    return values.apply(new ClassCounts(labels.size(), sums, true));
  }

  /**
   * For each label the threshold of the probability with the largest F1, from logits (batch,
   * labels) and labels (batch, labels) of 0 and 1: as the maximum over the thresholds of {@code
   * sklearn.metrics.precision_recall_curve}, but halfway to the next smaller probability. A label
   * without examples has {@value ModelSignature#THRESHOLD}. Memory is 8 bytes for each example and
   * label, at most 256 MiB.
   */
  public static final class F1Thresholds implements Metric {
    private final int labels;
    private final ScoreList scores = new ScoreList("f1"); // (examples, labels), negative without it

    /**
     * Creates the metric.
     *
     * @param labels the number of labels
     */
    public F1Thresholds(int labels) {
      this.labels = labels;
    }

    @Override
    public void add(NDArray output, Batch batch) {
      double[] logits = RegressionMetrics.numbers(output);
      double[] actual = RegressionMetrics.numbers(batch.labels());
      for (int i = 0; i < logits.length; i++) {
        scores.add(Math.copySign(OutputActivation.sigmoid(logits[i]), actual[i] > 0 ? 1 : -1));
      }
    }

    @Override
    public boolean concatenates() {
      return true;
    }

    @Override
    public double[] sums() {
      return scores.toArray();
    }

    /** The threshold of each label. */
    public List<Double> thresholds() {
      double[] all = sums();
      return IntStream.range(0, labels).mapToObj(label -> best(all, label)[0]).toList();
    }

    /** The macro average of F1 with the thresholds. */
    @Override
    public Map<String, Double> values(double[] sums) {
      return Map.of(
          "f1",
          IntStream.range(0, labels)
              .mapToDouble(label -> best(sums, label)[1])
              .average()
              .orElse(Double.NaN));
    }

    /** The threshold of a label, and its F1. */
    private double[] best(double[] all, int label) {
      List<Double> sorted = new ArrayList<>();
      double actual = 0;
      for (int i = label; i < all.length; i += labels) {
        sorted.add(all[i]);
        actual += Math.copySign(1, all[i]) > 0 ? 1 : 0;
      }
      sorted.sort(Comparator.comparingDouble(score -> -Math.abs(score)));
      double[] best = {ModelSignature.THRESHOLD, 0};
      double hits = 0;
      for (int i = 0; i < sorted.size(); i++) {
        double score = Math.abs(sorted.get(i));
        double next = i + 1 < sorted.size() ? Math.abs(sorted.get(i + 1)) : 0;
        hits += Math.copySign(1, sorted.get(i)) > 0 ? 1 : 0;
        double f1 = 2 * hits / (i + 1 + actual);
        if (score > next && f1 > best[1]) {
          best = new double[] {(score + next) / 2, f1};
        }
      }
      return best;
    }
  }
}
