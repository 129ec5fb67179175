package dev.counterpoint.runner.report;

import dev.counterpoint.core.settings.Formats;
import java.util.stream.Collectors;

/**
 * Escapes control characters in text that is printed to a terminal, so that it can neither end a
 * line nor send escape sequences.
 */
public final class ControlCharacterEscaper {
  /** Line separators, and characters that change the order in which a line is shown. */
  private static final String BIDIRECTIONAL =
      "\u2028\u2029\u202A\u202B\u202C\u202D\u202E\u2066\u2067\u2068\u2069";

  private ControlCharacterEscaper() {}

  /**
   * Replaces line feeds, carriage returns and tabs with their Java escape sequences, and other
   * control characters with Unicode escapes, among them those that change the direction of text.
   */
  public static String of(String text) {
    return text.codePoints()
        .mapToObj(
            codePoint ->
                Character.isISOControl(codePoint) || BIDIRECTIONAL.indexOf(codePoint) >= 0
                    ? escape(codePoint)
                    : Character.toString(codePoint))
        .collect(Collectors.joining());
  }

  private static String escape(int codePoint) {
    return switch (codePoint) {
      case '\n' -> "\\n";
      case '\r' -> "\\r";
      case '\t' -> "\\t";
      default -> Formats.of("\\u%04x", codePoint);
    };
  }
}
