package dev.counterpoint.runner;

import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * This program's commands as the user can type them where they are: by the path that the launcher
 * was called by, which it hands over.
 */
public final class LauncherCommand {
  /** The system property with the path of the launcher. */
  public static final String PROPERTY = "counterpoint.command";

  private static final String USUAL = "./counterpoint";

  private LauncherCommand() {}

  /** One command line for a shell; words are quoted where they must be. */
  public static String line(Object... words) {
    return Stream.concat(Stream.of(path()), Stream.of(words))
        .map(word -> quoted(word.toString()))
        .collect(Collectors.joining(" "));
  }

  /** What the launcher was called by, for another process that speaks for this one. */
  public static String path() {
    return System.getProperty(PROPERTY, USUAL);
  }

  private static String quoted(String word) {
    return word.matches("[\\p{L}\\p{N}_./:@%+=,~-]+")
        ? word
        : "'" + word.replace("'", "'\\''") + "'";
  }
}
