package dev.counterpoint.tasks.targets;

import dev.counterpoint.core.settings.Excerpt;
import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.tasks.table.TableSource;
import java.util.Locale;

/** Mean and standard deviation of the numbers of a column, in one pass. */
public final class NumberTarget {
  /** Maximum rounding error of float32 near the mean of a target, in standard deviations. */
  private static final double MAX_ROUNDING = 1e-3;

  private static final double SMALLEST_DEVIATION = 1e-30;

  private long count;
  private double mean;
  private double squares;

  /** Adds a number. */
  public void add(double number) {
    count++;
    double difference = number - mean;
    mean += difference / count;
    squares += difference * (number - mean); // Welford 1962
  }

  /** The number of numbers. */
  public long count() {
    return count;
  }

  public double mean() {
    return mean;
  }

  /** The standard deviation (of the population); 1 if all numbers are equal. */
  public double deviation() {
    double deviation = Math.sqrt(squares / Math.max(1, count));
    return deviation == 0 ? 1 : deviation; // not finite if the squares overflow
  }

  /**
   * Requires numbers that a model can predict in float32.
   *
   * @param column the name of the column, for messages
   * @throws InvalidSettings if the numbers are all equal, very large or small, or hardly differ
   *     compared with their size
   */
  public void require(String column, TableSource file) {
    if (squares == 0) {
      throw new InvalidSettings(
          "The target \"%s\" of %s has %s; at least two different values are needed.",
          Excerpt.ofItem(column),
          file.name(),
          count == 0 ? "no values" : "only the value \"" + mean + "\"");
    }
    double rounding = Math.ulp(Math.abs((float) mean)) / 2.0;
    if (!(rounding < MAX_ROUNDING * deviation()
        && deviation() > SMALLEST_DEVIATION
        && deviation() < 1 / SMALLEST_DEVIATION)) {
      throw new InvalidSettings(
          "The target \"%s\" of %s has the mean %.6g and the standard deviation %.6g, which the float32 numbers of a model cannot represent. Subtract a constant from the column, or divide the column by a constant.",
          Excerpt.ofItem(column), file.name(), mean, deviation());
    }
  }

  /**
   * The number of a field.
   *
   * @param minimum the smallest valid number
   * @throws InvalidSettings if the field is not a number, or out of the range of float32
   */
  public static double parse(
      TableSource file, long line, String column, String value, double minimum) {
    double number = number(value);
    if (!(number >= minimum && number <= Float.MAX_VALUE)) {
      throw file.invalidLine(line, problem(column, value, minimum));
    }
    return number;
  }

  /** Describes a field that is not a number of at least the minimum. */
  public static String problem(String column, String value, double minimum) {
    return "has \"%s\" in the column \"%s\"; it must be a number %s."
        .formatted(
            Excerpt.ofItem(value),
            Excerpt.ofItem(column),
            minimum > 0 ? "greater than 0" : "within the range of float32");
  }

  /** The number of a text in decimal notation; infinite for {@code inf} and out of range. */
  public static double number(String text) {
    if (text.isEmpty()
        || "+-.0123456789".indexOf(text.charAt(0)) < 0
        || ".0123456789".indexOf(text.charAt(text.length() - 1)) < 0
        || text.indexOf('x') >= 0
        || text.indexOf('X') >= 0) {
      return infinity(text);
    }
    try {
      return Double.parseDouble(text);
    } catch (NumberFormatException e) {
      return infinity(text);
    }
  }

  private static double infinity(String text) {
    if (text.length() > "-infinity".length()) {
      return Double.NaN;
    }
    return switch (text.toLowerCase(Locale.ROOT)) {
      case "inf", "+inf", "infinity", "+infinity" -> Double.POSITIVE_INFINITY;
      case "-inf", "-infinity" -> Double.NEGATIVE_INFINITY;
      default -> Double.NaN;
    };
  }
}
