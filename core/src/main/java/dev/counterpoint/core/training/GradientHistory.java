package dev.counterpoint.core.training;

import java.util.Arrays;

/**
 * The gradient norms of the last steps of this process, to tell one that is far out of them. A run
 * that goes on begins a new history.
 */
final class GradientHistory {
  static final int STEPS = 100;
  static final double FACTOR = 10;

  private final double[] norms = new double[STEPS];
  private long count;

  /** Takes up a step's norm and returns the median of those before; NaN while they are too few. */
  double medianBefore(double norm) {
    double median = count < STEPS ? Double.NaN : median();
    norms[(int) (count++ % STEPS)] = norm;
    return median;
  }

  private double median() {
    double[] sorted = norms.clone();
    Arrays.sort(sorted);
    return sorted[STEPS / 2];
  }
}
