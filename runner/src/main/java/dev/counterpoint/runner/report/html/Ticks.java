package dev.counterpoint.runner.report.html;

import java.math.BigDecimal;
import java.math.MathContext;
import java.util.Locale;
import java.util.stream.DoubleStream;
import java.util.stream.LongStream;

/**
 * Round numbers that span a range: multiples of 1, 2 or 5 times a power of ten.
 *
 * @param step between two of them
 */
record Ticks(double first, double last, double step) {
  private static final int MOST = 5;

  /** About five ticks, the first not over the smallest value and the last not under the largest. */
  static Ticks spanning(double smallest, double largest) {
    double range = largest > smallest ? largest - smallest : Math.max(Math.abs(largest), 1) * 0.2;
    double power = Math.pow(10, Math.floor(Math.log10(range / MOST)));
    double step =
        DoubleStream.of(1, 2, 5, 10)
            .map(factor -> factor * power)
            .filter(each -> range / each <= MOST)
            .findFirst()
            .orElse(10 * power);
    return new Ticks(
        Math.floor(smallest / step) * step, Math.ceil((smallest + range) / step) * step, step);
  }

  double[] all() {
    return LongStream.rangeClosed(Math.round(first / step), Math.round(last / step))
        .mapToDouble(multiple -> multiple * step)
        .toArray();
  }

  /** Where a value lies between the first (0) and the last (1). */
  double share(double value) {
    return (value - first) / (last - first);
  }

  /** A number with up to four digits that mean something. */
  static String text(double value) {
    if (!Double.isFinite(value)) {
      return Double.toString(value);
    }
    double size = Math.abs(value);
    if (size != 0 && (size < 1e-3 || size >= 1e7)) {
      return String.format(Locale.ROOT, "%.2e", value).replaceAll("\\.?0+e", "e");
    }
    MathContext digits = new MathContext(size >= 1000 ? 7 : 4);
    BigDecimal rounded = new BigDecimal(value).round(digits).stripTrailingZeros();
    return rounded.signum() == 0 ? "0" : rounded.toPlainString();
  }
}
