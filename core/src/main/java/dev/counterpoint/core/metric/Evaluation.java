package dev.counterpoint.core.metric;

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

  private static final int SHOWN = 10;

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
    requireMeasured(name, values.keySet());
    return Objects.requireNonNull(values.get(name));
  }

  /**
   * Checks that something is measured.
   *
   * @param measured what {@link #values} names
   * @throws InvalidSettings naming what is, and what was probably meant
   */
  public static void requireMeasured(String name, Set<String> measured) {
    if (!measured.contains(name)) {
      List<String> shown = measured.stream().limit(SHOWN).toList();
      throw new InvalidSettings(
          "\""
              + name
              + "\" is not measured"
              + Nearest.suggestion(name, measured)
              + " There are "
              + String.join(", ", shown)
              + (measured.size() > SHOWN ? " and " + (measured.size() - SHOWN) + " more." : "."));
    }
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
