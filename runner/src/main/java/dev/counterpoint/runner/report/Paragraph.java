package dev.counterpoint.runner.report;

/**
 * Text in lines that a terminal of the usual width does not break within words, as the help of a
 * command is.
 */
public final class Paragraph {
  /** Of 80 columns the last stays free. */
  private static final int WIDTH = 79;

  private Paragraph() {}

  /** Lines of the usual width. */
  public static String of(String text) {
    return of(text, WIDTH, 0);
  }

  /** Lines that get something before each of them. */
  public static String behind(String prefix, String text) {
    return of(text, WIDTH - prefix.length(), 0);
  }

  /**
   * Lines of the usual width.
   *
   * @param hanging blanks before each line but the first
   */
  public static String of(String text, int hanging) {
    return of(text, WIDTH, hanging);
  }

  /** What already is in a line stays; a word that is longer has a line of its own. */
  static String of(String text, int width, int hanging) {
    StringBuilder lines = new StringBuilder();
    int begin = 0; // of the line
    for (String word : text.split("(?<=\\S) ", -1)) {
      if (lines.length() > begin) {
        if (lines.length() - begin + 1 + word.length() > width) {
          lines.append('\n');
          begin = lines.length();
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
