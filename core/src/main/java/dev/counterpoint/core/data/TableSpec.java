package dev.counterpoint.core.data;

import dev.counterpoint.core.settings.Checks;
import java.util.List;

/**
 * Encoded columns of the table that a model is built for.
 *
 * @param cardinalities the number of ids of each column of {@link Batch#CATEGORIES}
 * @param bins for each of {@link Batch#FEATURES} the ascending boundaries, at least two, of the
 *     bins of a piecewise-linear encoding: quantiles of the training split
 * @param targetMeans the mean of each numeric target in the training split; empty for classes
 * @param targetDeviations the standard deviation of each numeric target; greater than 0
 */
public record TableSpec(
    List<Integer> cardinalities,
    List<List<Double>> bins,
    List<Double> targetMeans,
    List<Double> targetDeviations) {
  private static final int MAX_CARDINALITY = 1 << 27;

  public TableSpec {
    cardinalities = List.copyOf(cardinalities);
    bins = bins.stream().map(List::copyOf).toList();
    targetMeans = List.copyOf(targetMeans);
    targetDeviations = List.copyOf(targetDeviations);
    new TargetScale(targetMeans, targetDeviations); // checks them
    Checks checks = new Checks();
    cardinalities.forEach(count -> checks.size("cardinalities", count, MAX_CARDINALITY));
    for (List<Double> bounds : bins) {
      checks.that(
          bounds.size() > 1 && bounds.equals(bounds.stream().sorted().toList()),
          "bins",
          bounds.size() + " numbers",
          "must be at least two, in ascending order");
    }
    checks.verify();
  }
}
