package dev.counterpoint.core.training;

import ai.djl.ndarray.NDArray;
import dev.counterpoint.core.checkpoint.Stateful;
import java.util.Collection;
import java.util.Map;
import java.util.TreeMap;

/**
 * The state of a strategy, grouped by how a checkpoint stores it.
 *
 * @param shared arrays that are identical in every process
 * @param rankLocal rank-local arrays, present on rank 0 only
 * @param values numbers and strings
 */
record StrategyState(
    Map<String, NDArray> shared, Map<String, NDArray> rankLocal, Map<String, Object> values) {
  static StrategyState of(TrainingStrategy strategy) {
    StrategyState state = new StrategyState(new TreeMap<>(), new TreeMap<>(), new TreeMap<>());
    strategy
        .state()
        .forEach(
            (name, value) -> {
              if (!(value instanceof NDArray array)) {
                state.values.put(name, value);
              } else if (name.startsWith(Stateful.RANK_PREFIX)) {
                state.rankLocal.put(name, array);
              } else {
                state.shared.put(name, array);
              }
            });
    return state;
  }

  /** The shared arrays together with the given arrays, sorted by name. */
  Map<String, NDArray> with(Map<String, NDArray> others) {
    Map<String, NDArray> all = new TreeMap<>(others);
    shared.forEach(
        (name, array) -> {
          if (all.put(name, array) != null) {
            throw new IllegalStateException(
                "The strategy and the optimizer both store an array \"" + name + "\".");
          }
        });
    return all;
  }

  /** The total size of arrays, in bytes. */
  static long bytes(Collection<NDArray> arrays) {
    return arrays.stream()
        .mapToLong(array -> array.size() * array.getDataType().getNumOfBytes())
        .sum();
  }
}
