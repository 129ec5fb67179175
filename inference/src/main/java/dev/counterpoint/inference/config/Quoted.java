package dev.counterpoint.inference.config;

/** How values stand in a message: on one line, and not too long. */
final class Quoted {
  private static final int LONGEST = 60;

  private Quoted() {}

  static String shorten(String text) {
    return text.length() <= LONGEST ? text : text.substring(0, LONGEST - 3) + "...";
  }

  static String onOneLine(String text) {
    return text.strip().replaceAll("\\s*\\R\\s*", " ").replaceAll("\\p{Cntrl}", "?");
  }
}
