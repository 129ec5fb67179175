package dev.counterpoint.runner.bench;

import com.google.common.math.Quantiles;
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
  private static final Quantiles.ScaleAndIndex MEDIAN = Quantiles.median();

  /** The median step time in seconds, over all steps of all turns. */
  double median() {
    return quantile(50);
  }

  /**
   * A quantile of the step times in seconds, over all steps of all turns.
   *
   * @param percent the percentile
   */
  double quantile(int percent) {
    double[] all = Arrays.stream(turns).flatMapToDouble(Arrays::stream).toArray();
    return Quantiles.percentiles().index(percent).compute(all);
  }

  /** For each turn, this contender's median step time divided by the other's. */
  private double[] ratios(Measurement other) {
    double[] ratios = new double[turns.length];
    for (int i = 0; i < ratios.length; i++) {
      ratios[i] = MEDIAN.compute(turns[i]) / MEDIAN.compute(other.turns[i]);
    }
    return ratios;
  }

  /** The median of the paired ratios: this contender's step time divided by the other's. */
  double ratioTo(Measurement other) {
    return MEDIAN.compute(ratios(other));
  }

  /** The upper bound of the 95 % bootstrap confidence interval of {@link #ratioTo}. */
  double boundTo(Measurement other) {
    double[] ratios = ratios(other);
    SplittableRandom random = new SplittableRandom(1);
    double[] medians = new double[BOOTSTRAP_SAMPLES];
    for (int i = 0; i < BOOTSTRAP_SAMPLES; i++) {
      double[] sample = new double[ratios.length];
      Arrays.setAll(sample, j -> ratios[random.nextInt(ratios.length)]);
      medians[i] = MEDIAN.compute(sample);
    }
    return Quantiles.scale(1000).index(975).compute(medians);
  }
}
