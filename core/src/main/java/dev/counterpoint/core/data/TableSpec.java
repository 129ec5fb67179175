package dev.counterpoint.core.data;

import java.util.List;

/**
 * Encoded columns of a table, which a model for tables is built for.
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
  public TableSpec {
    cardinalities = List.copyOf(cardinalities);
    bins = bins.stream().map(List::copyOf).toList();
    targetMeans = List.copyOf(targetMeans);
    targetDeviations = List.copyOf(targetDeviations);
  }
}
