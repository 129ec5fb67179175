package dev.counterpoint.runner.tune;

import dev.counterpoint.core.settings.Checks;
import dev.counterpoint.core.settings.Formats;
import dev.counterpoint.core.settings.InvalidSettings;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The values of one setting in a sweep: a list, or a range from which random numbers are drawn.
 *
 * @param values the values, as in {@code --set}; null for a range
 * @param min the smallest number of the range; null for a list
 * @param max the largest number of the range; null for a list
 * @param log true if the logarithm of the numbers is uniform, rather than the numbers themselves
 */
public record Values(
    @Nullable List<String> values,
    @Nullable Double min,
    @Nullable Double max,
    @Nullable Boolean log) {
  private static final Pattern RANGE = Pattern.compile("(log|uniform)\\(([^,]+),([^,]+)\\)");

  public Values {
    values = values == null || values.isEmpty() ? null : List.copyOf(values);
    boolean isRange = min != null && max != null;
    new Checks()
        .distinct("values", values == null ? List.of() : values)
        .that(
            isRange == (values == null) && (min == null) == (max == null),
            "values",
            "",
            "must be a list of at least one value, unless min and max are set")
        .that(
            min == null || max == null || min < max,
            "max",
            String.valueOf(max),
            "must be greater than min")
        .that(
            min == null || min > 0 || !Boolean.TRUE.equals(log),
            "min",
            String.valueOf(min),
            "must be greater than 0 if log is true")
        .verify();
  }

  /**
   * Reads values from the command line: {@code 0.1,0.2}, {@code log(1e-5,1e-2)} or {@code
   * uniform(0,0.5)}.
   */
  static Values parse(String text) {
    Matcher range = RANGE.matcher(text.strip());
    if (!range.matches()) {
      return new Values(split(text), null, null, null);
    }
    try {
      return new Values(
          null,
          Double.valueOf(range.group(2)),
          Double.valueOf(range.group(3)),
          range.group(1).equals("log"));
    } catch (NumberFormatException e) {
      throw new InvalidSettings("%s must have two numbers, as log(1e-5,1e-2).", text);
    }
  }

  /** Splits at commas outside of brackets: a value may be a list or a map. */
  private static List<String> split(String text) {
    List<String> parts = new ArrayList<>();
    int depth = 0;
    int from = 0;
    for (int i = 0; i <= text.length(); i++) {
      char sign = i < text.length() ? text.charAt(i) : ',';
      depth += "[{".indexOf(sign) >= 0 ? 1 : "]}".indexOf(sign) >= 0 ? -1 : 0;
      if (sign == ',' && (depth == 0 || i == text.length())) {
        parts.add(text.substring(from, i).strip());
        from = i + 1;
      }
    }
    return parts;
  }

  /** The values of a list; empty for a range. */
  Optional<List<String>> list() {
    return Optional.ofNullable(values);
  }

  /** Draws a value; a number of a range has three significant digits. */
  String draw(SplittableRandom random) {
    if (values != null) {
      return values.get(random.nextInt(values.size()));
    }
    double low = Objects.requireNonNull(min);
    double high = Objects.requireNonNull(max);
    double position = random.nextDouble();
    return Formats.of(
        "%.2e",
        Boolean.TRUE.equals(log)
            ? low * Math.pow(high / low, position)
            : low + (high - low) * position);
  }
}
