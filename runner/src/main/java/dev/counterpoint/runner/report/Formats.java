package dev.counterpoint.runner.report;

import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/** Numbers as people read them. */
public final class Formats {
  private Formats() {}

  /**
   * Main figures on one line: {@code loss 0.1234, accuracy 0.9567}; those of single classes are
   * left out.
   */
  public static String line(Map<String, Double> values) {
    return values.entrySet().stream()
        .filter(value -> !value.getKey().contains("."))
        .map(value -> value.getKey() + " " + number(value.getValue()))
        .collect(Collectors.joining(", "));
  }

  /** Four decimals. */
  public static String number(double value) {
    return String.format(Locale.ROOT, "%.4f", value);
  }

  /** A rate with as many digits as mean something: {@code 5.00e-04}. */
  public static String rate(double value) {
    return String.format(Locale.ROOT, "%.2e", value);
  }

  /** So many of something: {@code 1 step}, {@code 2 steps}. */
  public static String count(long number, String one) {
    return number + " " + (number == 1 ? one : one + "s");
  }

  /** Seconds as {@code 1:02:03}, or {@code 2:03} below an hour. */
  public static String duration(double seconds) {
    long whole = Math.round(seconds);
    long hours = whole / 3600;
    return hours > 0
        ? String.format(Locale.ROOT, "%d:%02d:%02d", hours, whole / 60 % 60, whole % 60)
        : String.format(Locale.ROOT, "%d:%02d", whole / 60, whole % 60);
  }
}
