package dev.counterpoint.core.data;

import java.util.Objects;
import java.util.function.LongUnaryOperator;

/** Step s has the positions from s · batchSize; an operator says which item stands at each. */
final class ConsecutivePositions implements ShuffledSampler {
  private final long size;
  private final int batchSize;
  private final LongUnaryOperator itemAt;

  ConsecutivePositions(long size, int batchSize, LongUnaryOperator itemAt) {
    if (size < 0 || batchSize < 1) {
      throw new IllegalArgumentException(
          size + " items cannot be cut into batches of " + batchSize + ".");
    }
    this.size = size;
    this.batchSize = batchSize;
    this.itemAt = itemAt;
  }

  @Override
  public long steps() {
    return size / batchSize + (size % batchSize == 0 ? 0 : 1);
  }

  @Override
  public long[] items(long step) {
    Objects.checkIndex(step, steps());
    return between(step * batchSize, Math.min(size, (step + 1) * batchSize));
  }

  /** The items at positions from {@code from} to {@code to}, exclusive. */
  long[] between(long from, long to) {
    long[] items = new long[Math.toIntExact(to - from)];
    for (int i = 0; i < items.length; i++) {
      items[i] = itemAt.applyAsLong(from + i);
    }
    return items;
  }
}
