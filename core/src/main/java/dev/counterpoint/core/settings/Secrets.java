package dev.counterpoint.core.settings;

import java.nio.file.Path;
import java.util.Comparator;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The values in this process that must not be printed or written, each with the text that replaces
 * it, such as {@code ${ENV:DB_PASSWORD}}.
 */
public final class Secrets {
  /** Shorter values are not hidden, because they occur in other texts by chance. */
  private static final int MIN_LENGTH = 4;

  /** A message may have only the beginning of a long value. */
  private static final int PREFIX = 24;

  private static final Map<String, String> REPLACEMENTS = new ConcurrentHashMap<>();

  private Secrets() {}

  /** Hides a value in all later messages. */
  public static void hide(String value, String replacement) {
    value.lines().map(String::strip).forEach(line -> add(line, replacement));
    add(value, replacement);
    add(value.replaceAll("/(\\./)*/*", "/"), replacement); // as a normalized path has it
    if (value.contains("..") && value.indexOf('\0') < 0) {
      add(Path.of(value).normalize().toString(), replacement);
    }
  }

  private static void add(String value, String replacement) {
    if (value.length() >= MIN_LENGTH) {
      REPLACEMENTS.put(value, replacement);
    }
  }

  /** The text with each hidden value, or a beginning of a long one, replaced, longest first. */
  public static String mask(String text) {
    String masked = text;
    for (Map.Entry<String, String> entry :
        REPLACEMENTS.entrySet().stream()
            .sorted(
                Comparator.comparingInt((Map.Entry<String, String> it) -> -it.getKey().length()))
            .toList()) {
      masked = maskBeginning(masked.replace(entry.getKey(), entry.getValue()), entry);
    }
    return masked;
  }

  private static String maskBeginning(String text, Map.Entry<String, String> secret) {
    String value = secret.getKey();
    if (value.length() <= PREFIX) {
      return text;
    }
    int start = text.indexOf(value.substring(0, PREFIX));
    if (start < 0) {
      return text;
    }
    int end = start + PREFIX;
    while (end < text.length() && text.charAt(end) == value.charAt(end - start)) {
      end++;
    }
    return text.substring(0, start)
        + secret.getValue()
        + maskBeginning(text.substring(end), secret);
  }
}
