package dev.counterpoint.tasks.tabular;

/** Counts of different numbers, which are compared by their bits: a hash table of two arrays. */
final class NumberCounts {
  /** Receives a number and its count. */
  @FunctionalInterface
  interface Handler {
    void count(double number, long count);
  }

  private double[] numbers = new double[16];
  private long[] counts = new long[16];
  private int size;

  /** The number of different numbers. */
  int size() {
    return size;
  }

  void add(double number, long count) {
    long bits = Double.doubleToRawLongBits(number);
    int mask = counts.length - 1;
    int at = (int) ((bits * 0x9E3779B97F4A7C15L) >>> 32) & mask; // Knuth: multiplicative hashing
    while (counts[at] > 0 && Double.doubleToRawLongBits(numbers[at]) != bits) {
      at = (at + 1) & mask;
    }
    if (counts[at] == 0) {
      numbers[at] = number;
      size++;
    }
    counts[at] += count;
    if (2 * size > counts.length) {
      grow();
    }
  }

  private void grow() {
    double[] oldNumbers = numbers;
    long[] oldCounts = counts;
    numbers = new double[2 * oldNumbers.length];
    counts = new long[numbers.length];
    size = 0;
    for (int i = 0; i < oldCounts.length; i++) {
      if (oldCounts[i] > 0) {
        add(oldNumbers[i], oldCounts[i]);
      }
    }
  }

  /** Passes all numbers to the handler, in no particular order. */
  void forEach(Handler handler) {
    for (int i = 0; i < counts.length; i++) {
      if (counts[i] > 0) {
        handler.count(numbers[i], counts[i]);
      }
    }
  }
}
