package dev.counterpoint.tasks.tabular;

import com.fasterxml.jackson.annotation.JsonIgnore;
import dev.counterpoint.core.settings.Checks;
import dev.counterpoint.core.settings.Excerpt;
import dev.counterpoint.core.settings.Formats;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.stream.IntStream;

/**
 * A column with its statistics, which are those of the training split.
 *
 * @param reason why the column is ignored; empty for other columns
 * @param missing the number of missing values
 * @param mean of the numbers, as {@link ColumnType#parse} returns them; 0 for a categorical column
 * @param deviation the standard deviation, greater than 0
 * @param median replaces missing values
 * @param timeOfDay whether dates have a time
 * @param quantiles ascending quantiles of the numbers at equal distances, from the minimum to the
 *     maximum; exact for up to {@value ColumnProfile#SAMPLE} rows
 * @param categories the values in the order of their ids, which start at 1; id 0 stands for unseen
 *     and rare values. The empty text is a missing value
 */
record Column(
    String name,
    ColumnType type,
    String reason,
    long missing,
    double mean,
    double deviation,
    double median,
    boolean timeOfDay,
    List<Double> quantiles,
    List<String> categories) {
  /** Quantiles are limited to this distance from 0 and 1, that is +-5.2 standard deviations. */
  private static final double SMALLEST_QUANTILE = 1e-7;

  private static final int MAX_BINS = 48;
  private static final int SECONDS_PER_DAY = 86_400;

  Column {
    quantiles = List.copyOf(quantiles);
    categories = List.copyOf(categories);
    new Checks()
        .distinct("categories", categories)
        .that(
            !quantiles.isEmpty() || !Objects.requireNonNull(type).hasFeatures(),
            "quantiles",
            quantiles,
            "must not be empty")
        .that(
            quantiles.equals(quantiles.stream().sorted().toList()),
            "quantiles",
            quantiles.size() + " numbers",
            "must be ascending")
        .positive("deviation", deviation)
        .verify();
  }

  /** A column that is not read. */
  static Column ignored(String name, String reason) {
    return withoutNumbers(name, ColumnType.IGNORE, reason, 0, List.of());
  }

  static Column withoutNumbers(
      String name, ColumnType type, String reason, long missing, List<String> categories) {
    return new Column(name, type, reason, missing, 0, 1, 0, false, List.of(), categories);
  }

  /** A column of texts. */
  static Column text(String name, long missing) {
    return new Column(name, ColumnType.TEXT, "", missing, 0, 1, 0, false, List.of(), List.of());
  }

  /** Whether values can be missing: whether any were missing in the training split. */
  @JsonIgnore
  boolean isNullable() {
    return missing > 0;
  }

  /** The number of numeric features; 0 for a categorical column or a text. */
  int width() {
    return type.hasFeatures() ? 1 + 2 * cycles().length + (isNullable() ? 1 : 0) : 0;
  }

  /**
   * Writes the features as bits of float32: the scaled number, sine and cosine of each cycle of a
   * date, and whether the value is missing if the column is nullable.
   *
   * @param number as {@link ColumnType#parse} returns it; NaN for a missing value
   * @param at the index of the first feature
   */
  void encode(double number, int[] cells, int at) {
    boolean isMissing = Double.isNaN(number);
    put(scaled(isMissing ? median : number), cells, at);
    int next = at + 1;
    for (Cycle cycle : cycles()) {
      double angle = isMissing ? 0 : 2 * Math.PI * cycle.position(number);
      put(isMissing ? 0 : Math.sin(angle), cells, next++);
      put(isMissing ? 0 : Math.cos(angle), cells, next++);
    }
    if (isNullable()) {
      put(isMissing ? 1 : 0, cells, next);
    }
  }

  private static void put(double feature, int[] cells, int at) {
    cells[at] = Float.floatToRawIntBits((float) feature);
  }

  private Cycle[] cycles() {
    Cycle[] all = Cycle.values();
    return type != ColumnType.DATE
        ? new Cycle[0]
        : timeOfDay ? all : new Cycle[] {Cycle.YEAR, Cycle.MONTH, Cycle.WEEK};
  }

  private enum Cycle {
    YEAR,
    MONTH,
    WEEK,
    DAY;

    /** Position in the cycle, from 0 to 1. */
    double position(double seconds) {
      LocalDateTime time = LocalDateTime.ofEpochSecond((long) seconds, 0, ZoneOffset.UTC);
      return switch (this) {
        case YEAR -> (time.getDayOfYear() - 1) / 366.0;
        case MONTH -> (time.getDayOfMonth() - 1) / 31.0;
        case WEEK -> (time.getDayOfWeek().getValue() - 1) / 7.0;
        case DAY -> time.toLocalTime().toSecondOfDay() / (double) SECONDS_PER_DAY;
      };
    }
  }

  private double scaled(double number) {
    return type == ColumnType.QUANTILE ? normal(number) : (number - mean) / deviation;
  }

  /**
   * Transforms a number by its quantile to a normal distribution, as {@code
   * sklearn.preprocessing.QuantileTransformer} with {@code output_distribution="normal"} does.
   */
  private double normal(double number) {
    int last = quantiles.size() - 1;
    int found = Collections.binarySearch(quantiles, number);
    double position;
    if (found >= 0) {
      int low = found;
      int high = found;
      while (low > 0 && quantiles.get(low - 1) == number) {
        low--;
      }
      while (high < last && quantiles.get(high + 1) == number) {
        high++;
      }
      position = (low + high) / 2.0;
    } else {
      int above = -found - 1;
      if (above == 0 || above > last) {
        position = above == 0 ? 0 : last;
      } else {
        double below = quantiles.get(above - 1);
        position = above - 1 + (number - below) / (quantiles.get(above) - below);
      }
    }
    double share = position / last;
    return NormalDistribution.quantile(
        Math.max(SMALLEST_QUANTILE, Math.min(1 - SMALLEST_QUANTILE, share)));
  }

  /** The boundaries of the bins of each numeric feature. */
  List<List<Double>> bins() {
    List<List<Double>> bins = new ArrayList<>();
    if (type.hasFeatures()) {
      int bounds = Math.min(MAX_BINS + 1, quantiles.size());
      List<Double> values =
          IntStream.range(0, bounds)
              .mapToObj(i -> quantiles.get(i * (quantiles.size() - 1) / (bounds - 1)))
              .distinct()
              .map(this::scaled)
              .toList();
      bins.add(values.size() > 1 ? values : List.of(values.get(0), values.get(0) + 1));
      bins.addAll(Collections.nCopies(2 * cycles().length, List.of(-1.0, 1.0)));
      bins.addAll(Collections.nCopies(isNullable() ? 1 : 0, List.of(0.0, 1.0)));
    }
    return bins;
  }

  /** The smallest number; the minimum of the training split. */
  double min() {
    return quantiles.get(0);
  }

  /** The largest number. */
  double max() {
    return quantiles.get(quantiles.size() - 1);
  }

  /** Describes the column on one line. */
  String describe() {
    String text =
        switch (type) {
          case IGNORE -> "ignored: " + reason + (ColumnProfile.isText(reason) ? " or text" : "");
          case TEXT -> "text";
          case CATEGORICAL ->
              Formats.of(
                  "categorical, %,d values (%s)",
                  categories.size(),
                  Excerpt.ofList(
                      categories.stream().map(it -> it.isEmpty() ? "missing" : it).toList()));
          case DATE -> Formats.of("date, %s to %s", date(min()), date(max()));
          case BOOLEAN -> Formats.of("boolean, %.0f %% true", 100 * mean);
          case NUMERIC, QUANTILE ->
              Formats.of(
                  "%s, %s to %s, median %s",
                  type == ColumnType.NUMERIC ? "numeric" : "numeric by quantiles",
                  plain(min()),
                  plain(max()),
                  plain(median));
        };
    return Formats.of(
        "column %s: %s%s",
        Excerpt.ofItem(name), text, isNullable() ? Formats.of(", %,d missing", missing) : "");
  }

  private String date(double seconds) {
    LocalDateTime time = LocalDateTime.ofEpochSecond((long) seconds, 0, ZoneOffset.UTC);
    return timeOfDay ? time.toString() : time.toLocalDate().toString();
  }

  private static String plain(double number) {
    return number == Math.rint(number) && Math.abs(number) < 1e15
        ? Long.toString((long) number)
        : Formats.of("%.4g", number);
  }
}
