package dev.counterpoint.runner.comparison;

import dev.counterpoint.core.settings.Formats;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * Difference of the means of a metric between two groups of runs that differ in their seeds.
 *
 * @param difference the mean of the second group minus the mean of the first
 * @param low the lower end of the 95 % confidence interval of the difference; NaN if the values do
 *     not deviate, so that nothing is known about the deviation between other seeds
 * @param high its upper end
 * @param degrees the degrees of freedom of the t distribution
 * @param paired whether both groups have the same seeds: a paired t interval, otherwise Welch's
 * @param seeds the number of seeds of each group with which a two-sided t test at 5 % finds a
 *     difference of this size with a probability of 0.8; empty if it is over a million
 */
record Difference(
    double difference, double low, double high, double degrees, boolean paired, OptionalInt seeds) {
  private static final double CONFIDENCE = 0.975; // of each end of the interval
  private static final double POWER = 0.8;
  private static final double NORMAL = 1.959964 + 0.841621; // quantiles of both
  private static final int MAX_SEEDS = 1_000_000;

  /** A standard error below this share of the difference is only a rounding error. */
  private static final double ROUNDING = 1e-9;

  /**
   * Compares two groups.
   *
   * @param one the values of the first group by seed
   * @return empty if a group has fewer than two seeds
   */
  static Optional<Difference> of(Map<Long, Double> one, Map<Long, Double> other) {
    if (one.size() < 2 || other.size() < 2) {
      return Optional.empty();
    }
    return Optional.of(
        one.keySet().equals(other.keySet()) ? paired(one, other) : welch(one, other));
  }

  private static Difference paired(Map<Long, Double> one, Map<Long, Double> other) {
    List<Double> differences =
        one.entrySet().stream()
            .map(it -> Objects.requireNonNull(other.get(it.getKey())) - it.getValue())
            .toList();
    double variance = variance(differences);
    return of(mean(differences), variance / one.size(), one.size() - 1, variance, true);
  }

  private static Difference welch(Map<Long, Double> one, Map<Long, Double> other) {
    double first = variance(one.values());
    double second = variance(other.values());
    double a = first / one.size();
    double b = second / other.size();
    double degrees =
        a + b > 0
            ? (a + b) * (a + b) / (a * a / (one.size() - 1) + b * b / (other.size() - 1))
            : one.size() + other.size() - 2;
    return of(mean(other.values()) - mean(one.values()), a + b, degrees, first + second, false);
  }

  /**
   * @param squaredError the squared standard error of the difference
   * @param variance its product with the number of seeds of each group
   */
  private static Difference of(
      double difference, double squaredError, double degrees, double variance, boolean paired) {
    double error = Math.sqrt(squaredError);
    boolean deviates = error > ROUNDING * Math.abs(difference);
    double margin = deviates ? error * new StudentT(degrees).quantile(CONFIDENCE) : Double.NaN;
    return new Difference(
        difference,
        difference - margin,
        difference + margin,
        degrees,
        paired,
        seeds(deviates ? variance / (difference * difference) : Double.NaN, paired ? 1 : 2));
  }

  /** The smallest sufficient number of seeds, by t quantiles instead of the noncentral t. */
  private static OptionalInt seeds(double ratio, int groups) {
    double start = Math.max(2, Math.ceil(NORMAL * NORMAL * ratio));
    if (!(start < MAX_SEEDS)) { // also NaN
      return OptionalInt.empty();
    }
    int seeds = (int) start;
    while (seeds < required(seeds, groups) * ratio) {
      seeds++;
    }
    return OptionalInt.of(seeds);
  }

  private static double required(int seeds, int groups) {
    StudentT distribution = new StudentT(groups * (seeds - 1.0));
    double sum = distribution.quantile(CONFIDENCE) + distribution.quantile(POWER);
    return sum * sum;
  }

  /** Whether the interval does not contain 0. */
  boolean isSignificant() {
    return low > 0 || high < 0;
  }

  /** The difference on one line, for people. */
  String describe() {
    if (Double.isNaN(low)) {
      return Formats.of("%+.4g, which cannot be judged, because the deviation is 0", difference);
    }
    String needed = seeds.isPresent() ? Integer.toString(seeds.getAsInt()) : "over a million";
    return Formats.of(
        "%+.4g (95 %% interval %+.4g to %+.4g, %s t, %.3g degrees of freedom): %s. For a power of 0.8"
            + " at this difference: %s seeds per group",
        difference,
        low,
        high,
        paired ? "paired" : "Welch's",
        degrees,
        isSignificant() ? "significant" : "not significant",
        needed);
  }

  /** The mean, which is exact for equal values; NaN if there are none. */
  static double mean(Collection<Double> values) {
    double first = values.stream().findFirst().orElse(Double.NaN);
    return first + values.stream().mapToDouble(it -> it - first).average().orElse(Double.NaN);
  }

  /** The sample variance; NaN for fewer than two values. */
  static double variance(Collection<Double> values) {
    double mean = mean(values);
    double sum = values.stream().mapToDouble(it -> (it - mean) * (it - mean)).sum();
    return values.size() < 2 ? Double.NaN : sum / (values.size() - 1);
  }
}
