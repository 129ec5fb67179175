package dev.counterpoint.core.data;

import java.util.function.LongUnaryOperator;

/**
 * Which items make each step of one epoch. A pure function of what it was made from: any process,
 * at any time, finds any step at once and finds the same items in it.
 *
 * <p>An epoch has ceil(size / batchSize) steps. Every item comes once; the last step has what is
 * left.
 */
public interface ShuffledSampler {
  /** Steps of the epoch. */
  long steps();

  /**
   * The items of a step, over all processes.
   *
   * @param step counted from 0 within the epoch
   */
  long[] items(long step);

  /** The items as they lie in the data set, as for a validation. */
  static ShuffledSampler inOrder(long size, int batchSize) {
    return new ConsecutivePositions(size, batchSize, LongUnaryOperator.identity());
  }

  /** The items in an order of the epoch's own. */
  static ShuffledSampler shuffled(long size, int batchSize, long seed, long epoch) {
    return new ConsecutivePositions(size, batchSize, Permutation.of(size, seed, epoch));
  }

  /**
   * A shuffled order whose batches hold items of like length, so that little of a batch is padding.
   */
  static ShuffledSampler groupedByLength(
      Dataset.OfVariableLength dataset, int batchSize, long seed, long epoch) {
    return new LengthGroupedSampler(dataset, batchSize, seed, epoch);
  }
}
