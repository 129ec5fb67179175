package dev.counterpoint.runner.bench;

import java.util.Arrays;
import java.util.OptionalLong;
import java.util.SplittableRandom;

/**
 * The measured step times and peak memory of one contender.
 *
 * @param turns the step times in seconds (turns, steps)
 * @param peakBytes the peak memory in bytes of a process that runs only this contender; empty if
 *     unknown
 */
@SuppressWarnings("ArrayRecordComponent") // Never compared.
record Measurement(Contender.Kind contender, double[][] turns, OptionalLong peakBytes) {
  private static final int BOOTSTRAP_SAMPLES = 2_000;

  /** The median step time in seconds, over all steps of all turns. */
  double median() {
    return quantile(0.5);
  }

  /**
   * A quantile of the step times in seconds, over all steps of all turns.
   *
   * @param q the quantile from 0 to 1, such as 0.1 for the 10th percentile
   */
  double quantile(double q) {
    return quantile(Arrays.stream(turns).flatMapToDouble(Arrays::stream).toArray(), q);
  }

  /** For each turn, this contender's median step time divided by the other's. */
  private double[] ratios(Measurement other) {
    double[] ratios = new double[turns.length];
    for (int i = 0; i < ratios.length; i++) {
      ratios[i] = quantile(turns[i], 0.5) / quantile(other.turns[i], 0.5);
    }
    return ratios;
  }

  /** The median of the paired ratios: this contender's step time divided by the other's. */
  double ratioTo(Measurement other) {
    return quantile(ratios(other), 0.5);
  }

  /** The upper bound of the 95 % bootstrap confidence interval of {@link #ratioTo}. */
  double boundTo(Measurement other) {
    double[] ratios = ratios(other);
    SplittableRandom random = new SplittableRandom(1);
    double[] medians = new double[BOOTSTRAP_SAMPLES];
    for (int i = 0; i < BOOTSTRAP_SAMPLES; i++) {
      double[] sample = new double[ratios.length];
      Arrays.setAll(sample, j -> ratios[random.nextInt(ratios.length)]);
      medians[i] = quantile(sample, 0.5);
    }
    return quantile(medians, 0.975);
  }

  private static double quantile(double[] values, double q) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    double position = q * (sorted.length - 1);
    int below = (int) position;
    int above = Math.min(below + 1, sorted.length - 1);
    return sorted[below] + (position - below) * (sorted[above] - sorted[below]);
  }
}
