package dev.counterpoint.runner.report;

import java.util.Locale;
import java.util.stream.Collectors;

/** Text from elsewhere on a terminal, where it must neither end a line nor give commands. */
public final class ControlCharacterEscaper {
  private ControlCharacterEscaper() {}

  /** The text with line ends, tabs and whatever else a terminal obeys written out. */
  public static String of(String text) {
    return text.codePoints()
        .mapToObj(
            letter -> Character.isISOControl(letter) ? written(letter) : Character.toString(letter))
        .collect(Collectors.joining());
  }

  private static String written(int letter) {
    return switch (letter) {
      case '\n' -> "\\n";
      case '\r' -> "\\r";
      case '\t' -> "\\t";
      default -> String.format(Locale.ROOT, "\\u%04x", letter);
    };
  }
}
