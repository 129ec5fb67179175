package dev.counterpoint.runner.report;

import dev.counterpoint.core.settings.Formats;
import java.util.stream.Collectors;

/**
 * Escapes control characters in text that is printed to a terminal, so that it can neither end a
 * line nor send escape sequences.
 */
public final class ControlCharacterEscaper {
  private ControlCharacterEscaper() {}

  /**
   * Replaces line feeds, carriage returns and tabs by their escape sequences in Java, and other
   * control characters by Unicode escapes.
   */
  public static String of(String text) {
    return text.codePoints()
        .mapToObj(
            codePoint ->
                Character.isISOControl(codePoint)
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
