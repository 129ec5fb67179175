package dev.counterpoint.runner.report;

/** Wraps text between words for a terminal of 80 columns, as in the help of a command. */
public final class Paragraph {
  /** The default width: 80 columns without the last one. */
  private static final int WIDTH = 79;

  private Paragraph() {}

  /** Wraps text at the default width. */
  public static String of(String text) {
    return of(text, WIDTH, 0);
  }

  /** Wraps text so that each line fits the default width after the prefix, which is not added. */
  public static String behind(String prefix, String text) {
    return of(text, WIDTH - prefix.length(), 0);
  }

  /**
   * Wraps text at the default width.
   *
   * @param hanging the indent of all lines except the first, in spaces
   */
  public static String of(String text, int hanging) {
    return of(text, WIDTH, hanging);
  }

  /**
   * Wraps text at a width, in characters. Runs of spaces within a line are kept; a word longer than
   * the width gets its own line.
   */
  static String of(String text, int width, int hanging) {
    StringBuilder lines = new StringBuilder();
    int lineStart = 0;
    for (String word : text.split("(?<=\\S) ", -1)) {
      if (lines.length() > lineStart) {
        if (lines.length() - lineStart + 1 + word.length() > width) {
          lines.append('\n');
          lineStart = lines.length();
          lines.append(" ".repeat(hanging));
        } else {
          lines.append(' ');
        }
      }
      lines.append(word);
    }
    return lines.toString();
  }
}
