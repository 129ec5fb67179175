package dev.counterpoint.core.metric;

import dev.counterpoint.core.data.DataSpec;
import dev.counterpoint.core.settings.Checks;
import dev.counterpoint.core.settings.InvalidSettings;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
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
   * The class names of the data; token ids for data that predicts the next token.
   *
   * @throws InvalidSettings if the data has no classes
   */
  static List<String> classes(DataSpec data, String metric) {
    if (data.labels().isEmpty() && data.target() == DataSpec.Target.NEXT_TOKEN) {
      return IntStream.range(0, data.vocabularySize()).mapToObj(Integer::toString).toList();
    }
    if (data.labels().isEmpty()) {
      throw new InvalidSettings(
          "The metric %s needs data with classes, but this data has none.", metric);
    }
    return data.labels();
  }

  /** Settings of a metric with one value, computed from the counts of all classes. */
  interface OfCounts extends MetricConfig {
    String name();

    double of(ClassCounts counts);

    @Override
    default Metric create(DataSpec data) {
      return new Classification(classes(data, name()), false, counts -> Map.of(name(), of(counts)));
    }

    @Override
    default List<String> names() {
      return List.of(name());
    }
  }

  /** Fraction of correct predictions: {@code accuracy_score}. */
  public record Accuracy() implements OfCounts {
    @Override
    public String name() {
      return "accuracy";
    }

    @Override
    public double of(ClassCounts counts) {
      return counts.accuracy();
    }
  }

  /** Mean recall of the classes that have labels: {@code balanced_accuracy_score}. */
  public record BalancedAccuracy() implements OfCounts {
    @Override
    public String name() {
      return "balancedAccuracy";
    }

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
    public String name() {
      return "mcc";
    }

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
    public String name() {
      return "cohenKappa";
    }

    @Override
    public double of(ClassCounts counts) {
      return counts.kappa();
    }
  }

  /** A metric of each class, averaged: {@code f1}, {@code f1Micro} or {@code f1Weighted}. */
  private record Averaged(String base, Average average) {
    String name() {
      return switch (average) {
        case MACRO, PER_CLASS -> base;
        case MICRO -> base + "Micro";
        case WEIGHTED -> base + "Weighted";
      };
    }

    Metric create(DataSpec data, ClassCounts.OfClass metric) {
      List<String> labels = classes(data, base);
      return new Classification(
          labels,
          false,
          counts -> {
            Map<String, Double> values = new LinkedHashMap<>();
            values.put(name(), counts.average(average, metric));
            for (int i = 0; average == Average.PER_CLASS && i < labels.size(); i++) {
              values.put(base + "." + labels.get(i), metric.of(counts, i));
            }
            return values;
          });
    }
  }

  /**
   * Precision, correct predictions of a class per prediction of it: {@code precision_score}.
   *
   * @param average how the precisions of the classes become {@code precision} (macro average),
   *     {@code precisionMicro} or {@code precisionWeighted}; {@code per-class} also reports {@code
   *     precision.LABEL} of each class
   */
  public record Precision(Average average) implements MetricConfig {
    /** The macro average. */
    public static Precision defaults() {
      return new Precision(Average.MACRO);
    }

    private Averaged averaged() {
      return new Averaged("precision", average);
    }

    @Override
    public Metric create(DataSpec data) {
      return averaged().create(data, ClassCounts::precision);
    }

    @Override
    public List<String> names() {
      return List.of(averaged().name());
    }
  }

  /**
   * Recall, correct predictions of a class per label of it: {@code recall_score}.
   *
   * @param average how the recalls of the classes become {@code recall} (macro average), {@code
   *     recallMicro} or {@code recallWeighted}; {@code per-class} also reports {@code recall.LABEL}
   *     of each class
   */
  public record Recall(Average average) implements MetricConfig {
    /** The macro average. */
    public static Recall defaults() {
      return new Recall(Average.MACRO);
    }

    private Averaged averaged() {
      return new Averaged("recall", average);
    }

    @Override
    public Metric create(DataSpec data) {
      return averaged().create(data, ClassCounts::recall);
    }

    @Override
    public List<String> names() {
      return List.of(averaged().name());
    }
  }

  /**
   * F1, the harmonic mean of precision and recall: {@code f1_score}.
   *
   * @param average how the F1 of the classes become {@code f1} (macro average), {@code f1Micro} or
   *     {@code f1Weighted}; {@code per-class} also reports {@code f1.LABEL} of each class
   */
  public record F1(Average average) implements MetricConfig {
    /** The macro average. */
    public static F1 defaults() {
      return new F1(Average.MACRO);
    }

    private FBeta general() {
      return new FBeta(1, average);
    }

    @Override
    public Metric create(DataSpec data) {
      return general().create(data);
    }

    @Override
    public List<String> names() {
      return general().names();
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
  public record FBeta(double beta, Average average) implements MetricConfig {
    public FBeta {
      new Checks().positive("beta", beta).verify();
    }

    /** The macro average of F2. */
    public static FBeta defaults() {
      return new FBeta(2, Average.MACRO);
    }

    private Averaged averaged() {
      String number = Double.toString(beta).replaceFirst("\\.0$", "").replace('.', '_');
      return new Averaged("f" + number, average);
    }

    @Override
    public Metric create(DataSpec data) {
      return averaged().create(data, (counts, label) -> counts.fBeta(beta, label));
    }

    @Override
    public List<String> names() {
      return List.of(averaged().name());
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
