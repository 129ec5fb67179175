package dev.counterpoint.inference.internal.config;

import java.math.BigInteger;
import java.time.Duration;
import java.time.format.DateTimeParseException;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Converts YAML scalars to the Java type of a record component. Numbers are accepted in every
 * notation ({@code 5e-4}, which YAML 1.1 reads as a string; {@code .inf} or {@code Infinity}), and
 * a string may look like a number; but a quoted number is not a number, and {@code yes} is not
 * true.
 */
final class Scalars {
  private static final Pattern INTEGER = Pattern.compile("[-+]?\\d+");
  private static final Pattern NUMBER =
      Pattern.compile("[-+]?(\\.\\d+|\\d+(\\.\\d*)?)([eE][-+]?\\d+)?");
  private static final Map<Class<?>, Kind> KINDS =
      Map.of(
          int.class, integer(Integer.MIN_VALUE, Integer.MAX_VALUE, BigInteger::intValue),
          Integer.class, integer(Integer.MIN_VALUE, Integer.MAX_VALUE, BigInteger::intValue),
          long.class, integer(Long.MIN_VALUE, Long.MAX_VALUE, BigInteger::longValue),
          Long.class, integer(Long.MIN_VALUE, Long.MAX_VALUE, BigInteger::longValue),
          double.class, new Kind("a number", Scalars::number),
          Double.class, new Kind("a number", Scalars::number),
          boolean.class, new Kind("true or false", Scalars::bool),
          Boolean.class, new Kind("true or false", Scalars::bool),
          Duration.class,
              new Kind("a duration such as 90s, 45m, 8h, 1h30m or 7d", Scalars::duration),
          String.class, new Kind("a string", YamlNode.Scalar::text));

  private Scalars() {}

  /** How values of a class are parsed; null if the class is not a scalar type. */
  static @Nullable Kind kind(Class<?> type) {
    return type.isEnum() ? choice(type) : KINDS.get(type);
  }

  /** The name of an enum constant in run files: {@code LAST_TOKEN} is {@code last-token}. */
  static String name(Object constant) {
    return ((Enum<?>) constant).name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  static List<String> names(Class<?> enumType) {
    return Arrays.stream(enumType.getEnumConstants()).map(Scalars::name).toList();
  }

  private static Kind choice(Class<?> enumType) {
    return new Kind(
        "one of " + String.join(", ", names(enumType)),
        scalar ->
            Arrays.stream(enumType.getEnumConstants())
                .filter(constant -> name(constant).equals(scalar.text()))
                .findFirst()
                .orElse(null));
  }

  private static Kind integer(long low, long high, Function<BigInteger, Object> narrow) {
    return new Kind(
        "an integer",
        scalar -> {
          if (scalar.quoted() || !INTEGER.matcher(scalar.text()).matches()) {
            return null;
          }
          BigInteger value = new BigInteger(scalar.text());
          boolean fits =
              value.compareTo(BigInteger.valueOf(low)) >= 0
                  && value.compareTo(BigInteger.valueOf(high)) <= 0;
          return fits ? narrow.apply(value) : null;
        },
        " from " + low + " to " + high);
  }

  private static @Nullable Object number(YamlNode.Scalar scalar) {
    String text = scalar.text().toLowerCase(Locale.ROOT);
    if (scalar.quoted()) {
      return null;
    }
    if (NUMBER.matcher(text).matches()) {
      double value = Double.parseDouble(text);
      return Double.isInfinite(value) ? null : value;
    }
    return switch (text) {
      case ".inf", "+.inf", "infinity" -> Double.POSITIVE_INFINITY;
      case "-.inf", "-infinity" -> Double.NEGATIVE_INFINITY;
      case ".nan", "nan" -> Double.NaN;
      default -> null;
    };
  }

  private static @Nullable Object bool(YamlNode.Scalar scalar) {
    if (scalar.quoted()) {
      return null;
    }
    return switch (scalar.text()) {
      case "true", "True", "TRUE" -> true;
      case "false", "False", "FALSE" -> false;
      default -> null;
    };
  }

  private static @Nullable Object duration(YamlNode.Scalar scalar) {
    try {
      String text = scalar.text().toUpperCase(Locale.ROOT);
      Duration duration = Duration.parse((text.matches("\\d+D") ? "P" : "PT") + text);
      return duration.isNegative() ? null : duration;
    } catch (DateTimeParseException e) {
      return null;
    }
  }

  /** A duration as run files have it: {@code 1h30m}. */
  static String text(Duration duration) {
    return duration.toString().substring("PT".length()).toLowerCase(Locale.ROOT);
  }

  /** Parses a scalar; null if it is not of the expected kind. */
  @FunctionalInterface
  interface Parser {
    @Nullable Object parse(YamlNode.Scalar scalar);
  }

  /**
   * A kind of scalar.
   *
   * @param description {@code an integer}, for messages
   * @param range {@code from -5 to 5}, appended to messages about integers out of range
   */
  record Kind(String description, Parser parser, String range) {
    Kind(String description, Parser parser) {
      this(description, parser, "");
    }

    /** The requirement that an invalid value violates: {@code must be an integer}. */
    String rule(YamlNode found) {
      boolean outside =
          found instanceof YamlNode.Scalar scalar
              && !scalar.quoted()
              && INTEGER.matcher(scalar.text()).matches();
      return "must be " + description + (outside ? range : "");
    }
  }
}
