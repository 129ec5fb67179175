package dev.counterpoint.core.metric;

import dev.counterpoint.core.settings.Formats;
import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.core.settings.Nearest;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/**
 * Result of evaluating a model on a data set.
 *
 * @param values metric values by name: loss first, then those of the metrics, such as accuracy, f1,
 *     f1.positive
 * @param examples number of examples in the data set
 * @param remarks readable lines, such as the most frequent misclassifications
 * @param confusion confusion matrix of the first metric that has one
 */
public record Evaluation(
    Map<String, Double> values,
    long examples,
    List<String> remarks,
    Optional<ConfusionMatrix> confusion) {
  public static final String LOSS = "loss";

  private static final int MAX_LISTED_NAMES = 10;

  public Evaluation {
    values = new LinkedHashMap<>(values);
    remarks = List.copyOf(remarks);
  }

  /** Creates a result without a confusion matrix. */
  public Evaluation(Map<String, Double> values, long examples, List<String> remarks) {
    this(values, examples, remarks, Optional.empty());
  }

  /**
   * The value of one metric.
   *
   * @throws InvalidSettings if there is no metric with that name
   */
  public double value(String name) {
    requireMeasured(name, values.keySet());
    return Objects.requireNonNull(values.get(name));
  }

  /**
   * Checks that a metric exists.
   *
   * @param known the names of all metrics, as in {@link #values}
   * @throws InvalidSettings if it does not exist; the message lists the known metrics and suggests
   *     a similar name
   */
  public static void requireMeasured(String name, Set<String> known) {
    if (!known.contains(name)) {
      throw new InvalidSettings(
          "Metric \"%s\" is unknown%s Known: %s.",
          name,
          Nearest.suggestion(name, known),
          Formats.list(List.copyOf(known), MAX_LISTED_NAMES));
    }
  }

  /** Computes the result from the accumulated sums of the loss and of each metric. */
  public static Evaluation of(
      double lossSum, double weight, long examples, List<Metric> metrics, List<double[]> sums) {
    Map<String, Double> values = new LinkedHashMap<>();
    List<String> remarks = new ArrayList<>();
    Optional<ConfusionMatrix> confusion = Optional.empty();
    values.put(LOSS, lossSum / weight);
    for (int i = 0; i < metrics.size(); i++) {
      values.putAll(metrics.get(i).values(sums.get(i)));
      remarks.addAll(metrics.get(i).remarks(sums.get(i)));
      if (confusion.isEmpty()) {
        confusion = metrics.get(i).confusion(sums.get(i));
      }
    }
    return new Evaluation(values, examples, remarks, confusion);
  }
}
