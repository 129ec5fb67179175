package dev.counterpoint.runner.report.html;

import dev.counterpoint.core.settings.Formats;
import java.math.BigDecimal;
import java.math.MathContext;
import java.util.stream.DoubleStream;
import java.util.stream.LongStream;

/**
 * Axis ticks at round numbers: multiples of 1, 2 or 5 times a power of ten.
 *
 * @param first the first tick
 * @param last the last tick
 * @param step the distance between two ticks
 */
record Ticks(double first, double last, double step) {
  private static final int MAX_INTERVALS = 5;

  /**
   * Creates about five ticks that span a range: the first is at most the smallest value, and the
   * last at least the largest.
   */
  static Ticks spanning(double smallest, double largest) {
    double range = largest > smallest ? largest - smallest : Math.max(Math.abs(largest), 1) * 0.2;
    double power = Math.pow(10, Math.floor(Math.log10(range / MAX_INTERVALS)));
    double step =
        DoubleStream.of(1, 2, 5, 10)
            .map(factor -> factor * power)
            .filter(each -> range / each <= MAX_INTERVALS)
            .findFirst()
            .orElse(10 * power);
    return new Ticks(
        Math.floor(smallest / step) * step, Math.ceil((smallest + range) / step) * step, step);
  }

  /** Returns all ticks in ascending order. */
  double[] all() {
    return LongStream.rangeClosed(Math.round(first / step), Math.round(last / step))
        .mapToDouble(multiple -> multiple * step)
        .toArray();
  }

  /** Returns the relative position of a value: 0 at the first tick, 1 at the last. */
  double fraction(double value) {
    return (value - first) / (last - first);
  }

  /** Formats a number with up to four significant digits (seven from 1,000 on). */
  static String text(double value) {
    if (!Double.isFinite(value)) {
      return Double.toString(value);
    }
    double size = Math.abs(value);
    if (size != 0 && (size < 1e-3 || size >= 1e7)) {
      return Formats.of("%.2e", value).replaceAll("\\.?0+e", "e");
    }
    MathContext digits = new MathContext(size >= 1000 ? 7 : 4);
    BigDecimal rounded = new BigDecimal(value).round(digits).stripTrailingZeros();
    return rounded.signum() == 0 ? "0" : rounded.toPlainString();
  }
}
