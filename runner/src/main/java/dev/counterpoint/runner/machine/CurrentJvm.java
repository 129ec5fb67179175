package dev.counterpoint.runner.machine;

import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The JVM that this program runs in, to start others like it. */
public final class CurrentJvm {
  /** The class of the command line; by its name, as the command line knows who starts it. */
  public static final String MAIN = "dev.counterpoint.runner.cli.Main";

  private CurrentJvm() {}

  /**
   * A command line of the same Java with the same flags and class path, without the terminal.
   *
   * @param main the class to be started
   */
  public static List<String> command(String main, List<String> arguments) {
    List<String> flags = new ArrayList<>(flags(false));
    flags.addAll(List.of("-cp", classPath()));
    return command(flags, main, arguments);
  }

  /**
   * A command line of the same Java, which finds its class path in these flags or in {@code
   * CLASSPATH}.
   *
   * @param main the class to be started
   */
  public static List<String> command(List<String> flags, String main, List<String> arguments) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(flags);
    command.add(main);
    command.addAll(arguments);
    return command;
  }

  /**
   * The flags of this one, without a debugger or agents, which want a port or a file for
   * themselves.
   *
   * @param terminal whether this one's terminal is the other's, too
   */
  public static List<String> flags(boolean terminal) {
    return flags(ManagementFactory.getRuntimeMXBean().getInputArguments(), terminal);
  }

  static List<String> flags(List<String> own, boolean terminal) {
    return own.stream()
        .filter(flag -> !flag.startsWith("-javaagent") && !flag.startsWith("-agentlib"))
        .filter(flag -> terminal || !flag.matches("-Dcounterpoint\\.(terminal|columns)=.*"))
        .toList();
  }

  /** The class path of this one. */
  public static String classPath() {
    return System.getProperty("java.class.path");
  }
}
