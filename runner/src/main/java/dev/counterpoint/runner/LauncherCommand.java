package dev.counterpoint.runner;

import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Command lines of this program that the user can copy and paste. They start with the path by which
 * the launcher script was called, which the script passes in a system property.
 */
public final class LauncherCommand {
  /** The system property with the path of the launcher script. */
  public static final String PROPERTY = "counterpoint.command";

  private static final String DEFAULT_PATH = "./counterpoint";

  private LauncherCommand() {}

  /** A shell command line with these arguments, which are quoted if necessary. */
  public static String line(Object... arguments) {
    return Stream.concat(Stream.of(path()), Stream.of(arguments))
        .map(argument -> quoted(argument.toString()))
        .collect(Collectors.joining(" "));
  }

  /** The path by which the launcher was called; also passed to processes that print commands. */
  public static String path() {
    return System.getProperty(PROPERTY, DEFAULT_PATH);
  }

  private static String quoted(String argument) {
    return argument.matches("[\\p{L}\\p{N}_./:@%+=,~-]+")
        ? argument
        : "'" + argument.replace("'", "'\\''") + "'";
  }
}
