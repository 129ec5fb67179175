package dev.counterpoint.core.training.failure;

import java.util.Arrays;

/**
 * The gradient norms of the last steps of this process, to detect an outlier. A resumed run begins
 * a new history.
 */
public final class GradientHistory {
  public static final int STEPS = 100;
  public static final double FACTOR = 10;

  private final double[] norms = new double[STEPS];
  private long count;

  /** Adds the norm of a step and returns the median of those before; NaN if they are too few. */
  public double medianBefore(double norm) {
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
