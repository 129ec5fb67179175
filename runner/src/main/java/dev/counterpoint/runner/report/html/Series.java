package dev.counterpoint.runner.report.html;

import java.util.Arrays;
import java.util.stream.IntStream;

/** Values against steps. */
final class Series {
  private final String name;
  private final double[] steps;
  private final double[] values;

  /**
   * As many values as steps.
   *
   * @param values NaN where there is none that is finite
   */
  Series(String name, double[] steps, double[] values) {
    this.name = name;
    this.steps = steps;
    this.values = values;
  }

  String name() {
    return name;
  }

  double[] steps() {
    return steps;
  }

  double[] values() {
    return values;
  }

  /** At most so many points, each the mean of as many neighbours; a NaN among them stays one. */
  Series thinned(int most) {
    int group = (steps.length + most - 1) / most;
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

  /** Whether there is anything to be drawn. */
  boolean hasValues() {
    return Arrays.stream(values).anyMatch(Double::isFinite);
  }

  double smallest() {
    return Arrays.stream(values).filter(Double::isFinite).min().orElse(0);
  }

  double largest() {
    return Arrays.stream(values).filter(Double::isFinite).max().orElse(0);
  }

  /** The same in words, for who cannot see the curve. */
  String inWords() {
    int last = values.length - 1;
    return "%s: from %s at step %s to %s at step %s, lowest %s, highest %s"
        .formatted(
            name,
            Ticks.text(values[0]),
            Ticks.text(steps[0]),
            Ticks.text(values[last]),
            Ticks.text(steps[last]),
            Ticks.text(smallest()),
            Ticks.text(largest()));
  }
}
