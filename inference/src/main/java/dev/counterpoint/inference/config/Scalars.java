package dev.counterpoint.inference.config;

import java.math.BigInteger;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Single values, read as what is wanted. A number is a number however it is written ({@code 5e-4}
 * too, which YAML 1.1 takes for a text; {@code .inf} or {@code Infinity}), and a text may look like
 * a number; but a quoted number is no number, and {@code yes} is not true.
 */
final class Scalars {
  private static final Pattern WHOLE = Pattern.compile("[-+]?\\d+");
  private static final Pattern NUMBER =
      Pattern.compile("[-+]?(\\.\\d+|\\d+(\\.\\d*)?)([eE][-+]?\\d+)?");
  private static final Map<Class<?>, Kind> KINDS =
      Map.of(
          int.class, whole(Integer.MIN_VALUE, Integer.MAX_VALUE, BigInteger::intValue),
          Integer.class, whole(Integer.MIN_VALUE, Integer.MAX_VALUE, BigInteger::intValue),
          long.class, whole(Long.MIN_VALUE, Long.MAX_VALUE, BigInteger::longValue),
          Long.class, whole(Long.MIN_VALUE, Long.MAX_VALUE, BigInteger::longValue),
          double.class, new Kind("a number", Scalars::number),
          Double.class, new Kind("a number", Scalars::number),
          boolean.class, new Kind("true or false", Scalars::truth),
          Boolean.class, new Kind("true or false", Scalars::truth),
          String.class, new Kind("text", YamlNode.Scalar::text));

  private Scalars() {}

  /** How values of that class are read; nothing where they are no single values. */
  static @Nullable Kind kind(Class<?> wanted) {
    return wanted.isEnum() ? choice(wanted) : KINDS.get(wanted);
  }

  /** A constant as a run file names it: {@code LAST_TOKEN} is {@code last-token}. */
  static String name(Object constant) {
    return ((Enum<?>) constant).name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  static List<String> names(Class<?> choice) {
    return Arrays.stream(choice.getEnumConstants()).map(Scalars::name).toList();
  }

  private static Kind choice(Class<?> wanted) {
    return new Kind(
        "one of " + String.join(", ", names(wanted)),
        scalar ->
            Arrays.stream(wanted.getEnumConstants())
                .filter(constant -> name(constant).equals(scalar.text()))
                .findFirst()
                .orElse(null));
  }

  private static Kind whole(long low, long high, Function<BigInteger, Object> narrow) {
    return new Kind(
        "a whole number",
        scalar -> {
          if (scalar.quoted() || !WHOLE.matcher(scalar.text()).matches()) {
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

  private static @Nullable Object truth(YamlNode.Scalar scalar) {
    if (scalar.quoted()) {
      return null;
    }
    return switch (scalar.text()) {
      case "true", "True", "TRUE" -> true;
      case "false", "False", "FALSE" -> false;
      default -> null;
    };
  }

  /** Reads a value; nothing where it is not of the kind. */
  @FunctionalInterface
  interface Reading {
    @Nullable Object of(YamlNode.Scalar scalar);
  }

  /**
   * A kind of single value.
   *
   * @param words {@code a whole number}
   * @param range {@code from -5 to 5}, said where a number lies outside
   */
  record Kind(String words, Reading reading, String range) {
    Kind(String words, Reading reading) {
      this(words, reading, "");
    }

    /** What to say of a value that is not of this kind. */
    String rule(YamlNode found) {
      boolean outside =
          found instanceof YamlNode.Scalar scalar
              && !scalar.quoted()
              && WHOLE.matcher(scalar.text()).matches();
      return "must be " + words + (outside ? range : "");
    }
  }
}
