package dev.counterpoint.core.metric;

import ai.djl.ndarray.NDArray;
import dev.counterpoint.core.data.Batch;
import dev.counterpoint.core.settings.InvalidSettings;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A measure accumulated exactly over a whole set. What it gathers is a row of numbers that add up,
 * over batches and over ranks, so that the set may be cut in any way.
 */
public interface Metric {
  /**
   * Sees to it that an output is of a shape that it can take in: asked with the first batch of a
   * training, so that a model which does not fit is not found out only after an epoch.
   *
   * @throws InvalidSettings where it is not
   */
  default void check(NDArray output, Batch batch) {}

  /** Takes in the outputs of one batch. */
  void add(NDArray output, Batch batch);

  /** What has been gathered so far. */
  double[] sums();

  /**
   * The figures that follow from sums, by name, as {@code accuracy}; NaN where nothing was counted.
   */
  Map<String, Double> values(double[] sums);

  /** Which classes are taken for which, where that is what it gathers. */
  default Optional<ConfusionMatrix> confusion(double[] sums) {
    return Optional.empty();
  }

  /** Lines for people that follow from sums; mostly none. */
  default List<String> remarks(double[] sums) {
    return List.of();
  }
}
