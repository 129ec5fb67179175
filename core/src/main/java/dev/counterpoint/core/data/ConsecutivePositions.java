package dev.counterpoint.core.data;

import java.util.Objects;
import java.util.function.LongUnaryOperator;

/**
 * Sampler that cuts a sequence of positions into batches: step s takes the positions from s ·
 * batchSize on, and an operator maps each position to an example index.
 */
record ConsecutivePositions(long size, int batchSize, LongUnaryOperator indexAt)
    implements ShuffledSampler {
  @Override
  public long steps() {
    return size / batchSize + (size % batchSize == 0 ? 0 : 1);
  }

  @Override
  public long[] indices(long step) {
    Objects.checkIndex(step, steps());
    return between(step * batchSize, Math.min(size, (step + 1) * batchSize));
  }

  /**
   * Returns the example indices at positions {@code from} (inclusive) to {@code to} (exclusive).
   */
  long[] between(long from, long to) {
    long[] indices = new long[Math.toIntExact(to - from)];
    for (int i = 0; i < indices.length; i++) {
      indices[i] = indexAt.applyAsLong(from + i);
    }
    return indices;
  }
}
