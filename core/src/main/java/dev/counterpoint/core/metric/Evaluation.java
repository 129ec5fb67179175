package dev.counterpoint.core.metric;

import dev.counterpoint.core.settings.InvalidSettings;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What a pass over a set found.
 *
 * @param values by name: loss first, then the figures of the metrics, as accuracy, f1, f1.positive
 * @param items in the set
 * @param remarks lines for people, as which classes are taken for which
 * @param confusion of the first metric that has one
 */
public record Evaluation(
    Map<String, Double> values,
    long items,
    List<String> remarks,
    Optional<ConfusionMatrix> confusion) {
  public static final String LOSS = "loss";

  public Evaluation {
    values = new LinkedHashMap<>(values);
    remarks = List.copyOf(remarks);
  }

  /** Figures without a confusion matrix. */
  public Evaluation(Map<String, Double> values, long items, List<String> remarks) {
    this(values, items, remarks, Optional.empty());
  }

  /**
   * One figure.
   *
   * @throws InvalidSettings where nothing of that name was measured
   */
  public double value(String name) {
    Double value = values.get(name);
    if (value == null) {
      throw new InvalidSettings(
          "\""
              + name
              + "\" is not measured; there are "
              + String.join(", ", values.keySet())
              + ".");
    }
    return value;
  }

  /** From the sums of the loss and of each metric. */
  public static Evaluation of(
      double lossSum, double weight, long items, List<Metric> metrics, List<double[]> sums) {
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
    return new Evaluation(values, items, remarks, confusion);
  }
}
