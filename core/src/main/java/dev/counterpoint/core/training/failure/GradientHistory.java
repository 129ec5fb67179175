package dev.counterpoint.core.training.failure;

import java.util.Arrays;

/**
 * The gradient norms of the last {@value #STEPS} steps, to detect outliers. A resumed run begins a
 * new history.
 */
public final class GradientHistory {
  /** The number of steps in the history. */
  public static final int STEPS = 100;

  /** A norm of more than this factor times the median is an outlier. */
  public static final double FACTOR = 10;

  private final double[] norms = new double[STEPS];
  private long count;

  /**
   * Adds the norm of a step.
   *
   * @return the median of the {@value #STEPS} norms before it; NaN if there are fewer
   */
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
