package dev.counterpoint.core.metric;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntToDoubleFunction;
import java.util.stream.IntStream;

/**
 * Counts of each class, and the metrics that they determine. Zero divisions have the results of
 * scikit-learn; without examples every metric is NaN.
 *
 * @param sums for each class in turn: the number of correct predictions, of labels, of predictions;
 *     may be longer
 * @param multiLabel whether an example has any number of classes; the last two sums are then the
 *     examples whose classes are all correct, and the examples
 */
@SuppressWarnings("ArrayRecordComponent") // Never compared.
record ClassCounts(int classes, double[] sums, boolean multiLabel) {
  static final int HIT = 0;
  static final int ACTUAL = 1;
  static final int PREDICTED = 2;
  static final int COUNTS = 3;

  /** A count of a class; the label {@code classes} stands for the sum over all classes. */
  private double count(int what, int label) {
    return label == classes ? total(it -> count(what, it)) : sums[COUNTS * label + what];
  }

  private double total(IntToDoubleFunction count) {
    return IntStream.range(0, classes).mapToDouble(count).sum();
  }

  double accuracy() {
    return multiLabel
        ? sums[sums.length - 2] / sums[sums.length - 1]
        : count(HIT, classes) / count(ACTUAL, classes);
  }

  Map<String, Double> accuracyAndF1(List<String> labels, Average... averages) {
    Map<String, Double> values = new LinkedHashMap<>();
    values.put("accuracy", accuracy());
    for (Average average : averages) {
      values.putAll(new ClassificationMetrics.F1(average).values(this, labels));
    }
    return values;
  }

  /** The mean recall of the classes that have labels. */
  double balancedAccuracy() {
    return IntStream.range(0, classes)
        .filter(label -> count(ACTUAL, label) > 0)
        .mapToDouble(this::recall)
        .average()
        .orElse(Double.NaN);
  }

  double precision(int label) {
    return quotient(count(HIT, label), count(PREDICTED, label), count(ACTUAL, label));
  }

  double recall(int label) {
    return quotient(count(HIT, label), count(ACTUAL, label), count(PREDICTED, label));
  }

  /** (1 + b²) hits / (b² labels + predictions): the weighted harmonic mean of precision, recall. */
  double fBeta(double beta, int label) {
    double square = beta * beta;
    return (1 + square)
        * count(HIT, label)
        / (square * count(ACTUAL, label) + count(PREDICTED, label));
  }

  /** A quotient: 0 if only the divisor is 0, and NaN if the class does not occur at all. */
  private static double quotient(double hits, double divisor, double other) {
    return divisor == 0 && other > 0 ? 0 : hits / divisor;
  }

  double average(Average average, ClassificationMetrics.OfClass metric) {
    if (average == Average.MICRO) {
      return orZero(metric.of(this, classes));
    }
    double sum = 0;
    double weights = 0;
    for (int label = 0; label < classes; label++) {
      double value = orZero(metric.of(this, label));
      if (!Double.isNaN(value)) {
        double weight = average == Average.WEIGHTED ? count(ACTUAL, label) : 1;
        sum += weight * value;
        weights += weight;
      }
    }
    return orZero(sum / weights);
  }

  /** Replaces NaN with 0 for several labels per example: scikit-learn averages over all labels. */
  private double orZero(double value) {
    boolean undefined = multiLabel && Double.isNaN(value) && sums[sums.length - 1] > 0;
    return undefined ? 0 : value;
  }

  /** Matthews correlation (Gorodkin 2004); 0 if all labels or all predictions are of one class. */
  double mcc() {
    double all = count(ACTUAL, classes);
    double covariance = count(HIT, classes) * all - chanceHits();
    double variances =
        (all * all - total(it -> count(PREDICTED, it) * count(PREDICTED, it)))
            * (all * all - total(it -> count(ACTUAL, it) * count(ACTUAL, it)));
    return all > 0 && variances == 0 ? 0 : covariance / Math.sqrt(variances);
  }

  /** Cohen's kappa (1960); NaN if all labels and predictions are of one class. */
  double kappa() {
    double all = count(ACTUAL, classes);
    return (count(HIT, classes) * all - chanceHits()) / (all * all - chanceHits());
  }

  private double chanceHits() {
    return total(it -> count(ACTUAL, it) * count(PREDICTED, it));
  }
}
