package dev.counterpoint.core.training;

import java.util.Arrays;
import java.util.function.UnaryOperator;

/** This process's part of the items of a step. All the parts together must be all the items. */
@FunctionalInterface
public interface Share extends UnaryOperator<long[]> {
  /** All items: the share of a process that is alone. */
  static Share whole() {
    return items -> items;
  }

  /**
   * One of {@code world} runs of consecutive items whose sizes differ by one at most; where there
   * are fewer items than processes the last ones get none.
   */
  static Share of(int rank, int world) {
    return items ->
        Arrays.copyOfRange(
            items, start(items.length, rank, world), start(items.length, rank + 1, world));
  }

  private static int start(int items, int rank, int world) {
    return rank * (items / world) + Math.min(rank, items % world);
  }
}
