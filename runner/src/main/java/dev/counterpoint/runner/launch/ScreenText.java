package dev.counterpoint.runner.launch;

/** What a terminal's screen keeps of a text with a status line that is written over: for a log. */
final class ScreenText {
  private static final String ERASE_BELOW = "\u001b[J";

  private ScreenText() {}

  /** One line, without its end: what stands behind the last erasure. */
  static String of(String line) {
    int erased = line.lastIndexOf(ERASE_BELOW);
    String rest = erased < 0 ? line : line.substring(erased + ERASE_BELOW.length());
    return rest.replace("\r", "");
  }
}
