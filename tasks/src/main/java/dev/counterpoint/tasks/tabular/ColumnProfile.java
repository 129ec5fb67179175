package dev.counterpoint.tasks.tabular;

import dev.counterpoint.core.settings.Excerpt;
import dev.counterpoint.core.settings.Formats;
import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.tasks.table.Chunk;
import dev.counterpoint.tasks.table.TableSource;
import dev.counterpoint.tasks.targets.LabelNumbers;
import dev.counterpoint.tasks.targets.NumberTarget;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Statistics of a column of the training split, collected in one pass in bounded memory: moments,
 * values up to {@value #MAX_VALUES} of bounded length with their counts, and a uniform sample of
 * {@value #SAMPLE} numbers, from which the quantiles are computed.
 */
final class ColumnProfile {
  static final int SAMPLE = 100_000;
  static final int MAX_VALUES = 100_000;

  /** Maximum length of all values that are kept; they have 335 characters on average. */
  private static final long MAX_CHARACTERS = 1 << 25;

  /** Number of quantiles that are kept for bins and for the quantile transformation. */
  private static final int BIN_QUANTILES = 49;

  private static final int TRANSFORMATION_QUANTILES = 1_001;

  /** Minimum number of rows for columns whose values all differ to be ignored as ids. */
  private static final int MIN_ROWS_OF_IDS = 20;

  private static final double MAX_DISTINCT_SHARE = 0.5;

  /** Share of numbers or dates from which a column of mixed values is probably damaged. */
  private static final double MIN_VALID_SHARE = 0.9;

  /** Numbers with thousands separators or units, and other values of digits and signs. */
  private static final Pattern FORMATTED_NUMBER = Pattern.compile("\\P{L}*\\d\\P{L}*");

  private static final int SECONDS_PER_DAY = 86_400;
  private static final List<ColumnType> INFERRED =
      List.of(ColumnType.BOOLEAN, ColumnType.DATE, ColumnType.NUMERIC);
  private static final int BOOLEAN = INFERRED.indexOf(ColumnType.BOOLEAN);
  private static final int DATE = INFERRED.indexOf(ColumnType.DATE);
  private static final int NUMERIC = INFERRED.indexOf(ColumnType.NUMERIC);
  private static final Pattern ID_NAME =
      Pattern.compile("(?i)(.*[_ -])?(id|uuid|guid|key)|.*[a-z]I[Dd]");

  private static final String FREE_TEXT = "ids or free text";

  private final String name;
  private final TableSource file;
  private final Map<String, Value> counts = new HashMap<>();

  private final DictionaryCache<Value> known = new DictionaryCache<>();
  private NumberCounts numberCounts = new NumberCounts();
  private Reading.@Nullable Fields format;

  /** The number of values of each inferred type. */
  private final long[] matches = new long[INFERRED.size()];

  /** The first value that is not of an inferred type. */
  private final @Nullable Other[] others = new Other[INFERRED.size()];

  /** The first value that is too long for a label. */
  private @Nullable Other longLabel;

  private final SplittableRandom random = new SplittableRandom(17);
  private double[] sample = new double[16];
  private final NumberTarget numbers = new NumberTarget();
  private double least = Double.POSITIVE_INFINITY;
  private double largest = Double.NEGATIVE_INFINITY;
  private long rows;
  private long missing;
  private long characters; // of the values that are kept
  private boolean hasMoreValues;
  private boolean hasNumbers; // that were not read as text
  private boolean isIntegral = true;
  private boolean hasTimeOfDay;

  ColumnProfile(TableSource file, String name) {
    this.file = file;
    this.name = name;
  }

  private record Other(long line, String text) {}

  /** A text, with its number for each inferred type. */
  private static final class Value {
    static final Value MISSING = new Value("");

    final String text;
    final double[] parsed = new double[INFERRED.size()];
    long count;

    Value(String text) {
      this.text = text;
      for (int i = 0; i < parsed.length; i++) {
        parsed[i] = INFERRED.get(i).parse(text);
      }
    }
  }

  /** Adds the values of rows. */
  void add(Chunk chunk, Reading.Fields fields) {
    if (format != null && format.isInteger() != fields.isInteger()) {
      counts();
    }
    format = fields;
    Function<@Nullable String, Value> values = text -> value(fields.value(text));
    for (int row = 0; row < chunk.size(); row++) {
      double number = fields.number(row);
      if (Double.isNaN(number)) {
        add(chunk.line(row), fields.get(row, known, values));
      } else {
        add(chunk.line(row), number, fields);
      }
    }
    rows += chunk.size();
  }

  private void add(long line, double number, Reading.Fields fields) {
    hasNumbers = true;
    if (!hasMoreValues) {
      numberCounts.add(number, 1);
      hasMoreValues = counts.size() + numberCounts.size() > MAX_VALUES && different() > MAX_VALUES;
    }
    matches[NUMERIC]++;
    if (fields.isInteger() && (number == 0 || number == 1)) {
      matches[BOOLEAN]++;
    } else {
      addOther(BOOLEAN, line, number, fields);
    }
    addOther(DATE, line, number, fields);
    addNumber(number);
  }

  private void addOther(int type, long line, double number, Reading.Fields fields) {
    if (others[type] == null) {
      others[type] = new Other(line, fields.text(number));
    }
  }

  private void add(long line, Value value) {
    if (value == Value.MISSING) {
      missing++;
      return;
    }
    value.count++;
    if (longLabel == null && LabelNumbers.isLong(value.text)) {
      longLabel = new Other(line, value.text);
    }
    double number = Double.NaN;
    for (int type = 0; type < value.parsed.length; type++) {
      if (Double.isFinite(value.parsed[type])) {
        number = value.parsed[type];
        matches[type]++;
      } else if (others[type] == null) {
        others[type] = new Other(line, value.text);
      }
    }
    if (!Double.isNaN(number)) {
      addNumber(number);
    }
  }

  private Value value(@Nullable String text) {
    if (text == null) {
      return Value.MISSING;
    }
    Value value = hasMoreValues ? null : counts().get(text);
    if (value == null) {
      value = new Value(text);
      hasMoreValues = hasMoreValues || counts.size() == MAX_VALUES || characters > MAX_CHARACTERS;
      if (!hasMoreValues) {
        counts.put(text, value);
        characters += text.length();
      }
    }
    return value;
  }

  private int different() {
    return counts.isEmpty() ? numberCounts.size() : counts().size();
  }

  /** The counts of the different values; numbers are written as text. */
  private Map<String, Value> counts() {
    if (numberCounts.size() > 0) {
      numberCounts.forEach(
          (number, count) ->
              counts.computeIfAbsent(Objects.requireNonNull(format).text(number), Value::new)
                      .count +=
                  count);
      numberCounts = new NumberCounts();
    }
    return counts;
  }

  private void addNumber(double number) {
    numbers.add(number);
    least = Math.min(least, number);
    largest = Math.max(largest, number);
    isIntegral = isIntegral && number == Math.rint(number);
    hasTimeOfDay = hasTimeOfDay || (long) number % SECONDS_PER_DAY != 0;
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
    return counts().keySet().stream()
        .sorted(isAll(ColumnType.NUMERIC) ? byNumber.thenComparing(byName) : byName)
        .toList();
  }

  /** The different values, up to {@value #MAX_VALUES}. */
  Set<String> distinct() {
    return counts().keySet();
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

  /** Whether the values are numbers, except for a few, that do not look like names of classes. */
  boolean isQuantity() {
    return isMostly(NUMERIC) && (!isIntegral || hasMoreValues || different() > 20);
  }

  /**
   * Requires that the values can be names of classes.
   *
   * @param inferred whether the type of the column is not configured
   * @throws InvalidSettings if one is too long, or the type is inferred and most values differ and
   *     have digits, but no letters
   */
  void requireClasses(boolean inferred) {
    if (longLabel != null) {
      LabelNumbers.requireShort(longLabel.text(), file::origin, longLabel.line());
    }
    Other other = others[NUMERIC];
    if (inferred
        && other != null
        && rows - missing >= MIN_ROWS_OF_IDS
        && differ()
        && distinct().stream().filter(FORMATTED_NUMBER.asMatchPredicate()).count()
            >= MIN_VALID_SHARE * distinct().size()) {
      throw file.invalidLine(
          other.line(),
          "has \"%s\" in the target \"%s\", which is not a number. Write numbers without thousands separators and units; to predict classes, set data.columns.%2$s to categorical."
              .formatted(Excerpt.ofItem(other.text()), Excerpt.ofItem(name)));
    }
  }

  private boolean isMostly(int type) {
    return matches[type] >= MIN_VALID_SHARE * (rows - missing);
  }

  private boolean differ() {
    return hasMoreValues || different() > MAX_DISTINCT_SHARE * (rows - missing);
  }

  private boolean isAll(ColumnType type) {
    return rows > missing && matches[INFERRED.indexOf(type)] == rows - missing;
  }

  /**
   * Requires that all values are of a type.
   *
   * @throws InvalidSettings with the first line and value that is not
   */
  void require(ColumnType type) {
    Other other = others[type == ColumnType.QUANTILE ? NUMERIC : INFERRED.indexOf(type)];
    if (other != null) {
      throw file.invalidLine(
          other.line(),
          problem(name, type, other.text())
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
    int distinct = different();
    if (distinct == 0) {
      return "all values are missing";
    }
    if (distinct == 1 && missing == 0) {
      return "all values are " + Excerpt.ofItem(counts().keySet().iterator().next());
    }
    long present = rows - missing;
    double span = largest - least; // Of more integers than fit into it, some are equal.
    boolean allDiffer = hasMoreValues ? span >= present - 1 : distinct == present;
    if (present < MIN_ROWS_OF_IDS) {
      return "";
    }
    if (isAll(ColumnType.NUMERIC)) {
      boolean isId =
          isIntegral && allDiffer && (span == present - 1 || ID_NAME.matcher(name).matches());
      return isId ? "ids; " + advice("numeric") : "";
    }
    return numbers.count() == 0 && differ()
        ? Formats.of(FREE_TEXT + ", %,d different values; %s", distinct, advice("categorical"))
        : "";
  }

  /** Whether a reason to ignore a column is that it may have texts. */
  static boolean isText(String reason) {
    return reason.startsWith(FREE_TEXT);
  }

  private String advice(String type) {
    return "to read them, set data.columns.%s to %s".formatted(Excerpt.ofItem(name), type);
  }

  private ColumnType inferred(boolean quantile) {
    if (isMostly(NUMERIC) && different() > 1) {
      require(ColumnType.NUMERIC);
      return quantile ? ColumnType.QUANTILE : ColumnType.NUMERIC;
    }
    if (isMostly(DATE)) {
      require(ColumnType.DATE);
      return ColumnType.DATE;
    }
    return isAll(ColumnType.BOOLEAN) && different() > 1
        ? ColumnType.BOOLEAN
        : ColumnType.CATEGORICAL;
  }

  private Column categorical(int minimumCount) {
    if (hasMoreValues) {
      throw new InvalidSettings(
          "The column \"%s\" of %s has more than %s different values, or long ones; set data.columns.%s=ignore to leave it out.",
          Excerpt.ofItem(name), file.name(), MAX_VALUES, Excerpt.ofItem(name));
    }
    Map<String, Long> kept = new TreeMap<>();
    for (Value value : counts().values()) {
      String text = hasNumbers ? Reading.plain(value.text) : value.text;
      kept.merge(text, value.count, Long::sum);
    }
    if (missing > 0) {
      kept.put("", missing);
    }
    kept.values().removeIf(count -> count < minimumCount);
    return Column.withoutNumbers(
        name, ColumnType.CATEGORICAL, "", missing, List.copyOf(kept.keySet()));
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
