package dev.counterpoint.tasks.tabular;

import dev.counterpoint.core.settings.Excerpt;
import dev.counterpoint.core.settings.Formats;
import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.tasks.table.TableSource;
import dev.counterpoint.tasks.targets.NumberTarget;
import java.util.Arrays;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Statistics of a column of the training split, collected in one pass in bounded memory: moments,
 * values up to {@value #MAX_VALUES} with their counts, and a uniform sample of {@value #SAMPLE}
 * numbers, from which the quantiles are computed.
 */
final class ColumnProfile {
  static final int SAMPLE = 100_000;
  static final int MAX_VALUES = 100_000;

  /** Number of quantiles that are kept for bins and for the quantile transformation. */
  private static final int BIN_QUANTILES = 49;

  private static final int TRANSFORMATION_QUANTILES = 1_001;

  /** With fewer rows, columns whose values all differ are not ignored as ids. */
  private static final int MIN_ROWS_OF_IDS = 20;

  private static final double MAX_DISTINCT_SHARE = 0.5;

  /** A column with a larger share of numbers, but not only numbers, is probably damaged. */
  private static final double MIN_NUMBER_SHARE = 0.9;

  private static final int SECONDS_PER_DAY = 86_400;
  private static final List<ColumnType> INFERRED =
      List.of(ColumnType.BOOLEAN, ColumnType.DATE, ColumnType.NUMERIC);
  private static final Pattern ID_NAME =
      Pattern.compile("(?i)(.*[_ -])?(id|uuid|guid|key)|.*[a-z]I[Dd]");

  private final String name;
  private final TableSource file;
  private final Map<String, long[]> counts = new HashMap<>();
  private final Map<ColumnType, Long> matches = new EnumMap<>(ColumnType.class);

  /** The first line and value that is not of a type. */
  private final Map<ColumnType, Map.Entry<Long, String>> others = new EnumMap<>(ColumnType.class);

  private final SplittableRandom random = new SplittableRandom(17);
  private double[] sample = new double[16];
  private final NumberTarget numbers = new NumberTarget();
  private long rows;
  private long missing;
  private boolean hasMoreValues;
  private boolean isIntegral = true;
  private boolean hasTimeOfDay;

  ColumnProfile(TableSource file, String name) {
    this.file = file;
    this.name = name;
  }

  /** Adds the value of a row; null if it is missing. */
  void add(long line, @Nullable String value) {
    rows++;
    if (value == null) {
      missing++;
      return;
    }
    if (!hasMoreValues) {
      count(value);
    }
    double number = Double.NaN;
    for (ColumnType type : INFERRED) {
      double parsed = type.parse(value);
      if (Double.isFinite(parsed)) {
        number = parsed;
        matches.merge(type, 1L, Long::sum);
      } else if (!others.containsKey(type)) {
        others.put(type, Map.entry(line, value));
      }
    }
    if (!Double.isNaN(number)) {
      addNumber(number);
    }
  }

  private void count(String value) {
    long[] count = counts.get(value);
    if (count != null) {
      count[0]++;
    } else if (counts.size() < MAX_VALUES) {
      counts.put(value, new long[] {1});
    } else {
      hasMoreValues = true;
    }
  }

  private void addNumber(double number) {
    numbers.add(number);
    isIntegral &= number == Math.rint(number);
    hasTimeOfDay |= number % SECONDS_PER_DAY != 0;
    long count = numbers.count();
    long index = count <= SAMPLE ? count - 1 : random.nextLong(count);
    if (index < SAMPLE) {
      if (index >= sample.length) {
        sample = Arrays.copyOf(sample, Math.min(2 * sample.length, SAMPLE));
      }
      sample[(int) index] = number;
    }
  }

  /** The values in the order of numbers if all are numbers, otherwise alphabetically. */
  List<String> values() {
    Comparator<String> byName = Comparator.naturalOrder();
    Comparator<String> byNumber = Comparator.comparingDouble(ColumnType.NUMERIC::parse);
    return counts.keySet().stream()
        .sorted(isAll(ColumnType.NUMERIC) ? byNumber.thenComparing(byName) : byName)
        .toList();
  }

  /** The different values, up to {@value #MAX_VALUES}. */
  Set<String> distinct() {
    return counts.keySet();
  }

  double mean() {
    return numbers.mean();
  }

  /** The standard deviation (of the population); 1 if all numbers are equal. */
  double deviation() {
    return numbers.deviation();
  }

  long missing() {
    return missing;
  }

  /** Whether the values are numbers that do not look like the names of classes. */
  boolean isQuantity() {
    return isAll(ColumnType.NUMERIC) && (!isIntegral || hasMoreValues || counts.size() > 20);
  }

  private boolean isAll(ColumnType type) {
    return rows > missing && matches.getOrDefault(type, 0L) == rows - missing;
  }

  /**
   * Requires that all values are of a type.
   *
   * @throws InvalidSettings with the first line and value that is not
   */
  void require(ColumnType type) {
    Map.Entry<Long, String> other =
        others.get(type == ColumnType.QUANTILE ? ColumnType.NUMERIC : type);
    if (other != null) {
      throw file.invalidLine(
          other.getKey(),
          problem(name, type, other.getValue())
              + " If it is a missing value, add it to data.missing; to read texts, set data.columns."
              + Excerpt.ofItem(name)
              + " to categorical.");
    }
  }

  /**
   * Requires numbers that a model can predict in float32.
   *
   * @throws InvalidSettings if a value is not a number, or the numbers are very large, very small,
   *     or hardly differ compared with their size
   */
  void requireTarget() {
    require(ColumnType.NUMERIC);
    numbers.require(name, file);
  }

  /** Describes a value that is not of the type of its column. */
  static String problem(String name, ColumnType type, String value) {
    return Double.isInfinite(ColumnType.NUMERIC.parse(value))
        ? "has %s in the column \"%s\", which is not a finite number."
            .formatted(Excerpt.ofItem(value), Excerpt.ofItem(name))
        : "has \"%s\" in the %s column \"%s\"."
            .formatted(Excerpt.ofItem(value), type.kind(), Excerpt.ofItem(name));
  }

  /**
   * The column with its statistics.
   *
   * @param requested its configured type; null to infer it
   * @param quantile whether numbers of an inferred type are transformed by their quantiles
   * @param minimumCount occurrences that a category needs
   */
  Column column(@Nullable ColumnType requested, boolean quantile, int minimumCount) {
    if (requested == ColumnType.IGNORE) {
      return Column.ignored(name, "as configured");
    }
    String reason = requested == null ? reasonToIgnore() : "";
    if (!reason.isEmpty()) {
      return Column.ignored(name, reason);
    }
    ColumnType type = requested == null ? inferred(quantile) : requested;
    return type == ColumnType.CATEGORICAL ? categorical(minimumCount) : numeric(type);
  }

  private String reasonToIgnore() {
    int distinct = counts.size();
    if (distinct == 0) {
      return "all values are missing";
    }
    if (distinct == 1 && missing == 0) {
      return "all values are " + Excerpt.ofItem(counts.keySet().iterator().next());
    }
    long present = rows - missing;
    boolean allDiffer = hasMoreValues || distinct == present;
    if (present < MIN_ROWS_OF_IDS) {
      return "";
    }
    if (isAll(ColumnType.NUMERIC)) {
      boolean isId =
          isIntegral && allDiffer && (isConsecutive() || ID_NAME.matcher(name).matches());
      return isId ? "ids; " + advice("numeric") : "";
    }
    boolean isText =
        numbers.count() == 0 && (hasMoreValues || distinct > MAX_DISTINCT_SHARE * present);
    return isText
        ? Formats.of("ids or free text, %,d different values; %s", distinct, advice("categorical"))
        : "";
  }

  private boolean isConsecutive() {
    double[] sorted = sorted();
    return numbers.count() <= SAMPLE && sorted[sorted.length - 1] - sorted[0] == sorted.length - 1;
  }

  private String advice(String type) {
    return "to read them, set data.columns.%s to %s".formatted(Excerpt.ofItem(name), type);
  }

  private ColumnType inferred(boolean quantile) {
    if (matches.getOrDefault(ColumnType.NUMERIC, 0L) >= MIN_NUMBER_SHARE * (rows - missing)
        && counts.size() > 1) {
      require(ColumnType.NUMERIC);
      return quantile ? ColumnType.QUANTILE : ColumnType.NUMERIC;
    }
    return isAll(ColumnType.DATE)
        ? ColumnType.DATE
        : isAll(ColumnType.BOOLEAN) && counts.size() > 1
            ? ColumnType.BOOLEAN
            : ColumnType.CATEGORICAL;
  }

  private Column categorical(int minimumCount) {
    if (hasMoreValues) {
      throw new InvalidSettings(
          "The column \"%s\" of %s has more than %s different values; set data.columns.%s to ignore.",
          Excerpt.ofItem(name), file.name(), MAX_VALUES, Excerpt.ofItem(name));
    }
    Map<String, Long> kept = new TreeMap<>();
    counts.forEach((value, count) -> kept.put(value, count[0]));
    if (missing > 0) {
      kept.put("", missing);
    }
    kept.values().removeIf(count -> count < minimumCount);
    return new Column(
        name,
        ColumnType.CATEGORICAL,
        "",
        missing,
        0,
        1,
        0,
        false,
        List.of(),
        List.copyOf(kept.keySet()));
  }

  private Column numeric(ColumnType type) {
    require(type);
    if (numbers.count() == 0) {
      throw new InvalidSettings(
          "All values of the column \"%s\" of %s are missing; set data.columns.%s to ignore.",
          Excerpt.ofItem(name), file.name(), Excerpt.ofItem(name));
    }
    if (!Double.isFinite(deviation())) {
      throw new InvalidSettings(
          "The numbers of the column \"%s\" of %s are too large for a standard deviation; set data.columns.%s to ignore.",
          Excerpt.ofItem(name), file.name(), Excerpt.ofItem(name));
    }
    double[] sorted = sorted();
    int count = type == ColumnType.QUANTILE ? TRANSFORMATION_QUANTILES : BIN_QUANTILES;
    int kept = Math.max(2, Math.min(count, sorted.length));
    List<Double> quantiles =
        IntStream.range(0, kept).mapToObj(i -> quantile(sorted, i / (kept - 1.0))).toList();
    return new Column(
        name,
        type,
        "",
        missing,
        mean(),
        deviation(),
        quantile(sorted, 0.5),
        type == ColumnType.DATE && hasTimeOfDay,
        quantiles,
        List.of());
  }

  private double[] sorted() {
    double[] sorted = Arrays.copyOf(sample, (int) Math.min(numbers.count(), SAMPLE));
    Arrays.sort(sorted);
    return sorted;
  }

  /** The quantile with linear interpolation, as {@code numpy.quantile}. */
  private static double quantile(double[] sorted, double share) {
    double position = share * (sorted.length - 1);
    int below = (int) position;
    int above = Math.min(below + 1, sorted.length - 1);
    return sorted[below] + (position - below) * (sorted[above] - sorted[below]);
  }
}
