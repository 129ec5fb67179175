package dev.counterpoint.core.settings;

import java.io.File;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The values in this process that must not be printed or written, each with the text that replaces
 * it, such as {@code ${ENV:DB_PASSWORD}}. A part of a value is replaced with {@code ***}.
 */
public final class Secrets {
  /** Minimum length of a hidden value; shorter values occur in other texts by chance. */
  private static final int MIN_LENGTH = 4;

  /** Length of hidden parts: a normalized path or a message can contain only a part of a value. */
  private static final int PART_LENGTH = 8;

  /** Length of hidden parts of a literal value with a password, which also contains other words. */
  private static final int LITERAL_PART_LENGTH = 24;

  private static final String PART = "***";

  private static final Map<String, String> REPLACEMENTS = new ConcurrentHashMap<>();

  private Secrets() {}

  /**
   * Hides a value in all later messages, and each of its parts of 8 characters. Only the whole
   * value is hidden if it is the absolute path of a file: other paths begin with the same folders.
   */
  public static void hide(String value, String replacement) {
    File file = new File(value);
    hide(value, replacement, file.isAbsolute() && file.exists() ? value.length() : PART_LENGTH);
  }

  /** Hides a literal value that has a password, and each of its parts of 24 characters. */
  public static void hideLiteral(String value) {
    hide(value, PART, LITERAL_PART_LENGTH);
  }

  private static void hide(String value, String replacement, int part) {
    value.lines().map(String::strip).forEach(line -> add(line, replacement, part));
    add(value, replacement, part);
    try {
      add(Path.of(value).normalize().toString(), replacement, part);
    } catch (InvalidPathException e) {
      // It cannot be a part of a path.
    }
  }

  private static void add(String value, String replacement, int part) {
    if (value.length() >= MIN_LENGTH) {
      REPLACEMENTS.put(value, replacement);
    }
    for (int i = 0; part > 0 && i + part <= value.length(); i++) {
      REPLACEMENTS.putIfAbsent(value.substring(i, i + part), PART);
    }
  }

  /** The text with each hidden value, or parts of it, replaced. */
  public static String mask(String text) {
    int[] ends = new int[text.length()]; // of the longest hidden text from a character; 0: none
    for (String value : REPLACEMENTS.keySet()) {
      for (int at = text.indexOf(value); at >= 0; at = text.indexOf(value, at + 1)) {
        ends[at] = Math.max(ends[at], at + value.length());
      }
    }
    StringBuilder masked = new StringBuilder();
    int end;
    for (int i = 0; i < ends.length; i = Math.max(i + 1, end)) {
      end = ends[i];
      for (int j = i; j < end; j++) { // Texts may overlap; replacing one must not reveal another.
        end = Math.max(end, ends[j]);
      }
      String hidden = text.substring(i, Math.max(i + 1, end));
      masked.append(end == 0 ? hidden : REPLACEMENTS.getOrDefault(hidden, PART));
    }
    return masked.toString();
  }
}
