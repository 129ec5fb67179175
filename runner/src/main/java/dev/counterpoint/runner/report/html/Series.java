package dev.counterpoint.runner.report.html;

import java.util.Arrays;
import java.util.function.DoubleFunction;
import java.util.stream.IntStream;

/**
 * Values of a metric over optimizer steps.
 *
 * @param steps the optimizer steps
 * @param values one value per step; NaN leaves a gap in the curve
 */
@SuppressWarnings("ArrayRecordComponent") // Never compared.
record Series(String name, double[] steps, double[] values) {
  /**
   * Returns the series reduced to a maximum number of points, each the mean of a group of
   * neighbours. The mean of a group that contains NaN is NaN.
   */
  Series thinned(int maxPoints) {
    int group = (steps.length + maxPoints - 1) / maxPoints;
    return group <= 1 ? this : new Series(name, means(steps, group), means(values, group));
  }

  private static double[] means(double[] all, int group) {
    return IntStream.iterate(0, from -> from < all.length, from -> from + group)
        .mapToDouble(
            from ->
                Arrays.stream(all, from, Math.min(all.length, from + group))
                    .average()
                    .orElseThrow())
        .toArray();
  }

  /** Returns whether the series has a finite value. */
  boolean hasValues() {
    return Arrays.stream(values).anyMatch(Double::isFinite);
  }

  /** Returns the smallest finite value; 0 if there is none. */
  double smallest() {
    return Arrays.stream(values).filter(Double::isFinite).min().orElse(0);
  }

  /** Returns the largest finite value; 0 if there is none. */
  double largest() {
    return Arrays.stream(values).filter(Double::isFinite).max().orElse(0);
  }

  /**
   * Describes the series as text, for screen readers.
   *
   * @param over the unit of the horizontal axis, such as step
   * @param text formats a step
   */
  String describe(String over, DoubleFunction<String> text) {
    int last = values.length - 1;
    return "%s: from %s at %s %s to %s at %s %s, lowest %s, highest %s"
        .formatted(
            name,
            Ticks.text(values[0]),
            over,
            text.apply(steps[0]),
            Ticks.text(values[last]),
            over,
            text.apply(steps[last]),
            Ticks.text(smallest()),
            Ticks.text(largest()));
  }
}
