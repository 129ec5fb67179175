package dev.counterpoint.core.settings;

import com.google.errorprone.annotations.FormatMethod;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Formats numbers for messages, console lines and reports. */
public final class Formats {
  private Formats() {}

  /** Fills a pattern of {@link String#format}, in the same way in all locales. */
  @FormatMethod
  public static String of(String pattern, @Nullable Object... values) {
    return String.format(Locale.ROOT, pattern, values);
  }

  /**
   * Formats metrics on one line: {@code loss 0.1234, accuracy 0.9567}. Metrics of single classes,
   * whose names contain a dot, are omitted.
   */
  public static String line(Map<String, Double> values) {
    return values.entrySet().stream()
        .filter(value -> !value.getKey().contains("."))
        .map(value -> value.getKey() + " " + number(value.getValue()))
        .collect(Collectors.joining(", "));
  }

  /** Formats a number with four decimals. */
  public static String number(double value) {
    return of("%.4f", value);
  }

  /** Formats a learning rate with three significant digits: {@code 5.00e-04}. */
  public static String learningRate(double value) {
    return of("%.2e", value);
  }

  /** Formats a count with its noun: {@code 1 step}, {@code 2 steps}. */
  public static String count(long number, String singular) {
    return number + " " + (number == 1 ? singular : singular + "s");
  }

  /** Lists at most {@code max} names: {@code a, b and 3 more}. */
  public static String list(List<String> names, int max) {
    int more = names.size() - max;
    return String.join(", ", names.subList(0, Math.min(max, names.size())))
        + (more > 0 ? " and " + more + " more" : "");
  }

  /** Formats seconds as {@code 1:02:03}, or as {@code 2:03} if less than an hour. */
  public static String duration(double seconds) {
    long rounded = Math.round(seconds);
    long hours = rounded / 3600;
    return hours > 0
        ? of("%d:%02d:%02d", hours, rounded / 60 % 60, rounded % 60)
        : of("%d:%02d", rounded / 60, rounded % 60);
  }
}
