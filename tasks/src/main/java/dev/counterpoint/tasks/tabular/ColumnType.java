package dev.counterpoint.tasks.tabular;

import dev.counterpoint.tasks.table.Timestamps;
import dev.counterpoint.tasks.targets.NumberTarget;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Type of a table column, which determines how a model reads it. */
public enum ColumnType {
  /** Numbers, standardized to mean 0 and standard deviation 1. */
  NUMERIC,
  /** Numbers, transformed by their quantiles to a normal distribution. */
  QUANTILE,
  /** One of several texts; each has an embedding. */
  CATEGORICAL,
  /** A boolean: true, yes, t, y or 1, else false, no, f, n or 0; standardized. */
  BOOLEAN,
  /** ISO 8601 dates, with or without a time: calendar parts, the cyclic ones as sine and cosine. */
  DATE,
  /** A text, of which a model reads the tokens. */
  TEXT,
  /** Not read. */
  IGNORE;

  private static final List<String> TRUE = List.of("true", "yes", "t", "y", "1");
  private static final List<String> FALSE = List.of("false", "no", "f", "n", "0");

  /** Whether a column of this type has numeric features. */
  boolean hasFeatures() {
    return this != CATEGORICAL && this != TEXT && this != IGNORE;
  }

  /** The kind of values, for messages: a quantile column has numeric values. */
  String kind() {
    return lower((this == QUANTILE ? NUMERIC : this).name());
  }

  /**
   * The number of a value: for a boolean 0 or 1, for a date the seconds since 1970. NaN if the
   * value is not of this type.
   */
  double parse(String value) {
    return switch (this) {
      case NUMERIC, QUANTILE -> NumberTarget.number(value);
      case BOOLEAN -> value.length() > "false".length() ? Double.NaN : truth(lower(value));
      case DATE -> seconds(Timestamps.parse(value));
      case CATEGORICAL, TEXT, IGNORE -> Double.NaN;
    };
  }

  private static double truth(String value) {
    return TRUE.contains(value) ? 1 : FALSE.contains(value) ? 0 : Double.NaN;
  }

  private static double seconds(@Nullable LocalDateTime time) {
    return time == null ? Double.NaN : time.toEpochSecond(ZoneOffset.UTC);
  }

  private static String lower(String text) {
    return text.toLowerCase(Locale.ROOT);
  }
}
