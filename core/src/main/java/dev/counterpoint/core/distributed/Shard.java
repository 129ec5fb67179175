package dev.counterpoint.core.distributed;

import java.util.Arrays;
import java.util.function.UnaryOperator;

/**
 * The shard of a batch that one process computes. The shards of all processes are disjoint and
 * together are the whole batch.
 */
@FunctionalInterface
public interface Shard extends UnaryOperator<long[]> {

  /**
   * The shard of one rank: one of {@code worldSize} ranges of consecutive examples whose sizes
   * differ by at most one. If there are fewer examples than processes, the shards of the last ranks
   * are empty.
   */
  static Shard of(int rank, int worldSize) {
    return examples ->
        Arrays.copyOfRange(
            examples,
            start(examples.length, rank, worldSize),
            start(examples.length, rank + 1, worldSize));
  }

  private static int start(int examples, int rank, int worldSize) {
    return rank * (examples / worldSize) + Math.min(rank, examples % worldSize);
  }
}
