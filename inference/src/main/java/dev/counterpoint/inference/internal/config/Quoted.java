package dev.counterpoint.inference.internal.config;

/** Formats values for messages: on one line and shortened. */
final class Quoted {
  private static final int MAX_LENGTH = 60;

  private Quoted() {}

  /** Truncates a text to at most 60 characters. */
  static String shorten(String text) {
    return text.length() <= MAX_LENGTH ? text : text.substring(0, MAX_LENGTH - 3) + "...";
  }

  /** Replaces line breaks by spaces, and other control characters by question marks. */
  static String onOneLine(String text) {
    return text.strip().replaceAll("\\s*\\R\\s*", " ").replaceAll("\\p{Cntrl}", "?");
  }
}
