package dev.counterpoint.core.data;

import java.util.Arrays;
import java.util.Comparator;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * A shuffled order, taken by windows of so many batches: the items of a window are sorted by length
 * (equal ones stay in shuffled order), cut into batches, and the batches are shuffled. So any two
 * items may still meet, and the lengths of successive steps are as good as random.
 *
 * <p>The short batch at an epoch's end stays the last step, and keeps the items that the shuffle
 * gave it; else the longest items would always be those that count in a smaller batch.
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
  public long[] items(long step) {
    if (step >= size / batchSize) {
      return shuffled.items(step);
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
    long[] items = shuffled.between(first * batchSize, (first + batches) * batchSize);
    int[] lengths = Arrays.stream(items).mapToInt(dataset::length).toArray();
    long[] sorted =
        IntStream.range(0, items.length)
            .boxed()
            .sorted(Comparator.comparingInt(place -> lengths[place]))
            .mapToLong(place -> items[place])
            .toArray();
    return new Window(index, sorted, Permutation.of(batches, seed, epoch, index));
  }

  private static final class Window {
    private final long index;
    private final long[] sorted;
    private final Permutation order;

    Window(long index, long[] sorted, Permutation order) {
      this.index = index;
      this.sorted = sorted;
      this.order = order;
    }

    long[] batch(int step, int batchSize) {
      int from = (int) order.applyAsLong(step) * batchSize;
      return Arrays.copyOfRange(sorted, from, from + batchSize);
    }
  }
}
