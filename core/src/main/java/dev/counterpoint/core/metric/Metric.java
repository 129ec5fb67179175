package dev.counterpoint.core.metric;

import ai.djl.ndarray.NDArray;
import dev.counterpoint.core.data.Batch;
import dev.counterpoint.core.settings.InvalidSettings;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Metric accumulated exactly over a whole data set. The state is an array of numbers that can be
 * added, or concatenated, over ranks, so the data set may be split in any way.
 */
public interface Metric {
  /** A metric for which higher values are better. */
  interface Maximized extends Metric {
    @Override
    default Optional<Mode> mode(String name) {
      return Optional.of(Mode.MAX);
    }
  }

  /**
   * Checks the shape of an output. Called with the first batch of a training run, so that a model
   * that does not fit the metric is rejected at once, not after the first epoch.
   *
   * @throws InvalidSettings if the shape is wrong
   */
  default void check(NDArray output, Batch batch) {}

  /** Accumulates the outputs of one batch. */
  void add(NDArray output, Batch batch);

  /** The accumulated state of this process. */
  double[] sums();

  /**
   * Whether the states of all ranks are concatenated, in the order of the ranks, instead of added:
   * for metrics that need the scores of all examples. The lengths may then differ between ranks.
   */
  default boolean concatenates() {
    return false;
  }

  /**
   * Computes the values from the states of all ranks, by name, such as {@code accuracy}; NaN if
   * nothing was counted. The names do not depend on the state.
   */
  Map<String, Double> values(double[] sums);

  /**
   * Whether lower or higher is better for one of the {@link #values}; empty, the default, if it is
   * not declared. A callback that monitors such a value needs an explicit mode.
   */
  default Optional<Mode> mode(String name) {
    return Optional.empty();
  }

  /** The confusion matrix, if this metric accumulates one. */
  default Optional<ConfusionMatrix> confusion(double[] sums) {
    return Optional.empty();
  }

  /** Readable lines computed from accumulated sums; none by default. */
  default List<String> remarks(double[] sums) {
    return List.of();
  }
}
