package dev.counterpoint.core.data;

import java.util.Arrays;
import java.util.Comparator;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Shuffled sampler that groups examples of similar length, to reduce padding. The shuffled order is
 * divided into windows of 64 batches. Within a window the examples are sorted by length (examples
 * of equal length stay in shuffled order) and cut into batches, and the batches are shuffled. Any
 * two examples can still occur in one batch, and the lengths of successive steps are practically
 * random.
 *
 * <p>The smaller batch at the end of an epoch stays the last step and keeps the examples that the
 * shuffle assigned to it; otherwise it would always receive the longest examples.
 */
final class LengthGroupedSampler implements ShuffledSampler {
  private static final int WINDOW = 64;

  private final Dataset.OfVariableLength dataset;
  private final ConsecutivePositions shuffled;
  private final long size;
  private final int batchSize;
  private final long seed;
  private final long epoch;
  private volatile @Nullable Window current;

  LengthGroupedSampler(Dataset.OfVariableLength dataset, int batchSize, long seed, long epoch) {
    this.dataset = dataset;
    this.size = dataset.size();
    this.batchSize = batchSize;
    this.seed = seed;
    this.epoch = epoch;
    shuffled = new ConsecutivePositions(size, batchSize, Permutation.of(size, seed, epoch));
  }

  @Override
  public long steps() {
    return shuffled.steps();
  }

  @Override
  public long[] indices(long step) {
    if (step >= size / batchSize) {
      return shuffled.indices(step);
    }
    Window window = window(step / WINDOW);
    return window.batch((int) (step % WINDOW), batchSize);
  }

  private Window window(long index) {
    Window window = current;
    if (window == null || window.index != index) {
      window = sort(index);
      current = window;
    }
    return window;
  }

  private Window sort(long index) {
    long first = index * WINDOW;
    int batches = (int) Math.min(WINDOW, size / batchSize - first);
    long[] indices = shuffled.between(first * batchSize, (first + batches) * batchSize);
    int[] lengths = Arrays.stream(indices).mapToInt(dataset::length).toArray();
    long[] sorted =
        IntStream.range(0, indices.length)
            .boxed()
            .sorted(Comparator.comparingInt(i -> lengths[i]))
            .mapToLong(i -> indices[i])
            .toArray();
    return new Window(index, sorted, Permutation.of(batches, seed, epoch, index));
  }

  @SuppressWarnings("ArrayRecordComponent") // Never compared.
  private record Window(long index, long[] sorted, Permutation order) {

    long[] batch(int step, int batchSize) {
      int from = (int) order.applyAsLong(step) * batchSize;
      return Arrays.copyOfRange(sorted, from, from + batchSize);
    }
  }
}
