package dev.counterpoint.core.metric;

import dev.counterpoint.core.data.DataSpec;
import dev.counterpoint.core.settings.Checks;
import dev.counterpoint.core.settings.InvalidSettings;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.IntStream;

/**
 * Metrics of predicted classes, from logits (..., classes) and labels (...): the class with the
 * largest logit is predicted. Labels of {@value dev.counterpoint.core.loss.CrossEntropy#IGNORED} do
 * not count. Each equals the function of {@code sklearn.metrics} that it names. Memory is linear in
 * the number of classes.
 */
public final class ClassificationMetrics {
  private ClassificationMetrics() {}

  /**
   * The class names of the data; token ids for data that predicts tokens.
   *
   * @throws InvalidSettings if the data has no classes
   */
  static List<String> classes(DataSpec data, String metric) {
    boolean isOfTokens =
        data.target() == DataSpec.Target.NEXT_TOKEN
            || data.target() == DataSpec.Target.MASKED_TOKEN;
    if (data.labels().isEmpty() && isOfTokens) {
      return IntStream.range(0, data.vocabularySize()).mapToObj(Integer::toString).toList();
    }
    if (data.target() == DataSpec.Target.CLASSES) {
      throw new InvalidSettings(
          "The metric %s needs one class per example, but this data allows any number of them.",
          metric);
    }
    if (data.labels().isEmpty()) {
      throw new InvalidSettings(
          "The metric %s needs data with classes, but this data has none.", metric);
    }
    return data.labels();
  }

  /** Creates a metric that also applies to any number of classes per example. */
  private static Metric ofAnyNumber(
      DataSpec data, String name, Function<ClassCounts, Map<String, Double>> values) {
    return data.target() == DataSpec.Target.CLASSES
        ? new MultiLabelClassification(data, values)
        : new Classification(classes(data, name), false, values);
  }

  /** Settings of a metric with one value, computed from the counts of all classes. */
  interface OfCounts extends NamedMetric {
    double of(ClassCounts counts);

    @Override
    default Metric create(DataSpec data) {
      return new Classification(classes(data, name()), false, counts -> Map.of(name(), of(counts)));
    }
  }

  /** Fraction of correct predictions: {@code accuracy_score}. */
  public record Accuracy() implements NamedMetric {
    @Override
    public Metric create(DataSpec data) {
      return ofAnyNumber(data, name(), counts -> Map.of(name(), counts.accuracy()));
    }
  }

  /** Mean recall of the classes that have labels: {@code balanced_accuracy_score}. */
  public record BalancedAccuracy() implements OfCounts {
    @Override
    public double of(ClassCounts counts) {
      return counts.balancedAccuracy();
    }
  }

  /**
   * Matthews correlation coefficient: {@code matthews_corrcoef}. It is 0 if all labels or all
   * predictions are of one class.
   */
  public record Mcc() implements OfCounts {
    @Override
    public double of(ClassCounts counts) {
      return counts.mcc();
    }
  }

  /**
   * Cohen's kappa: {@code cohen_kappa_score}. It is NaN if all labels and predictions are of one
   * class.
   */
  public record CohenKappa() implements OfCounts {
    @Override
    public double of(ClassCounts counts) {
      return counts.kappa();
    }
  }

  /** Settings of a metric of each class, averaged: {@code f1}, {@code f1Micro}, ... */
  interface OfClass extends NamedMetric {
    Average average();

    /** The value of one class, or of the sum over all classes. */
    double of(ClassCounts counts, int label);

    /** The name of the values of classes and of their mean. */
    default String base() {
      return NamedMetric.super.name();
    }

    @Override
    default String name() {
      return switch (average()) {
        case MACRO, PER_CLASS -> base();
        case MICRO -> base() + "Micro";
        case WEIGHTED -> base() + "Weighted";
      };
    }

    @Override
    default Metric create(DataSpec data) {
      return ofAnyNumber(data, name(), counts -> values(counts, data.labels()));
    }

    default Map<String, Double> values(ClassCounts counts, List<String> labels) {
      Map<String, Double> values = new LinkedHashMap<>();
      values.put(name(), counts.average(average(), this));
      for (int i = 0; average() == Average.PER_CLASS && i < labels.size(); i++) {
        values.put(base() + "." + labels.get(i), of(counts, i));
      }
      return values;
    }
  }

  /**
   * Precision, correct predictions of a class per prediction of it: {@code precision_score}.
   *
   * @param average how the precisions of the classes become {@code precision} (macro average),
   *     {@code precisionMicro} or {@code precisionWeighted}; {@code per-class} also reports {@code
   *     precision.LABEL} of each class
   */
  public record Precision(Average average) implements OfClass {
    /** The macro average. */
    public static Precision defaults() {
      return new Precision(Average.MACRO);
    }

    @Override
    public double of(ClassCounts counts, int label) {
      return counts.precision(label);
    }
  }

  /**
   * Recall, correct predictions of a class per label of it: {@code recall_score}.
   *
   * @param average how the recalls of the classes become {@code recall} (macro average), {@code
   *     recallMicro} or {@code recallWeighted}; {@code per-class} also reports {@code recall.LABEL}
   *     of each class
   */
  public record Recall(Average average) implements OfClass {
    /** The macro average. */
    public static Recall defaults() {
      return new Recall(Average.MACRO);
    }

    @Override
    public double of(ClassCounts counts, int label) {
      return counts.recall(label);
    }
  }

  /**
   * F1, the harmonic mean of precision and recall: {@code f1_score}.
   *
   * @param average how the F1 of the classes become {@code f1} (macro average), {@code f1Micro} or
   *     {@code f1Weighted}; {@code per-class} also reports {@code f1.LABEL} of each class
   */
  public record F1(Average average) implements OfClass {
    /** The macro average. */
    public static F1 defaults() {
      return new F1(Average.MACRO);
    }

    @Override
    public double of(ClassCounts counts, int label) {
      return counts.fBeta(1, label);
    }
  }

  /**
   * F-beta, the weighted harmonic mean of precision and recall: {@code fbeta_score}. Its name has
   * beta: {@code f2}, or {@code f0_5} for 0.5.
   *
   * @param beta how many times as important as precision recall is
   * @param average how the values of the classes become {@code f2} (macro average), {@code f2Micro}
   *     or {@code f2Weighted}; {@code per-class} also reports {@code f2.LABEL} of each class
   */
  public record FBeta(double beta, Average average) implements OfClass {
    public FBeta {
      new Checks().positive("beta", beta).verify();
    }

    /** The macro average of F2. */
    public static FBeta defaults() {
      return new FBeta(2, Average.MACRO);
    }

    @Override
    public String base() {
      return "f" + Double.toString(beta).replaceFirst("\\.0$", "").replace('.', '_');
    }

    @Override
    public double of(ClassCounts counts, int label) {
      return counts.fBeta(beta, label);
    }
  }

  /**
   * Confusion matrix for the report and for the most frequent misclassifications that {@code
   * evaluate} prints; it has no values. Memory is quadratic in the number of classes.
   */
  public record Confusion() implements MetricConfig {
    private static final int MAX_LABELS = 10_000;

    @Override
    public Metric create(DataSpec data) {
      List<String> labels = classes(data, "confusion-matrix");
      if (labels.size() > MAX_LABELS) {
        throw new InvalidSettings(
            "The metric confusion-matrix supports at most %s classes, but the data has %s.",
            MAX_LABELS, labels.size());
      }
      return new Classification(labels, true, counts -> Map.of());
    }
  }
}
