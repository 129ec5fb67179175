package dev.counterpoint.core.data;

import java.util.function.LongUnaryOperator;

/**
 * Sampler that determines which examples belong to each step of one epoch. The result depends only
 * on the arguments: every process finds any step immediately and gets the same indices.
 *
 * <p>An epoch has ceil(size / batchSize) steps. Each example occurs exactly once; the last step
 * holds the remaining examples.
 */
public interface ShuffledSampler {
  /** Number of steps in the epoch. */
  long steps();

  /**
   * Returns the example indices of a step, for all processes together.
   *
   * @param step the step, counted from 0 within the epoch
   */
  long[] indices(long step);

  /** Sequential sampler: examples in the order of the dataset, as used for validation. */
  static ShuffledSampler inOrder(long size, int batchSize) {
    return new ConsecutivePositions(size, batchSize, LongUnaryOperator.identity());
  }

  /** Random sampler: a different pseudo-random order for each epoch and seed. */
  static ShuffledSampler shuffled(long size, int batchSize, long seed, long epoch) {
    return new ConsecutivePositions(size, batchSize, Permutation.of(size, seed, epoch));
  }

  /** Random sampler whose batches hold examples of similar length, to reduce padding. */
  static ShuffledSampler groupedByLength(
      Dataset.OfVariableLength dataset, int batchSize, long seed, long epoch) {
    return new LengthGroupedSampler(dataset, batchSize, seed, epoch);
  }
}
