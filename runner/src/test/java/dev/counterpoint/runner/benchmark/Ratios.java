package dev.counterpoint.runner.benchmark;

import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/** Statistics of paired measurements. */
public final class Ratios {
  private Ratios() {}

  /** The median. */
  public static double median(double[] values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    return (sorted[(sorted.length - 1) / 2] + sorted[sorted.length / 2]) / 2;
  }

  /** The upper 95 % bootstrap bound of the median: the 97.5th percentile of 2,000 resamples. */
  public static double bound(double[] ratios) {
    SplittableRandom random = new SplittableRandom(1);
    double[] medians = new double[2_000];
    for (int i = 0; i < medians.length; i++) {
      medians[i] =
          median(
              IntStream.range(0, ratios.length)
                  .mapToDouble(j -> ratios[random.nextInt(ratios.length)])
                  .toArray());
    }
    Arrays.sort(medians);
    return medians[(int) (0.975 * medians.length)];
  }
}
