package dev.counterpoint.runner.machine;

import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The current JVM's command line, for starting other JVMs like it. */
public final class CurrentJvm {
  /** The main class of the command line, by name to avoid a package cycle. */
  public static final String MAIN = "dev.counterpoint.runner.cli.Main";

  private CurrentJvm() {}

  /**
   * A command line for the same Java with the same flags and class path, but without the flags that
   * describe the terminal.
   *
   * @param main the main class
   */
  public static List<String> command(String main, List<String> arguments) {
    List<String> flags = new ArrayList<>(flags(false));
    flags.addAll(List.of("-cp", classPath()));
    return command(flags, main, arguments);
  }

  /**
   * A command line for the same Java. The class path is taken from the flags or from the
   * environment variable {@code CLASSPATH}.
   *
   * @param main the main class
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
   * The flags of this JVM without debuggers and agents, because those need a port or a file of
   * their own.
   *
   * @param terminal whether the other JVM uses the same terminal
   */
  public static List<String> flags(boolean terminal) {
    return flags(ManagementFactory.getRuntimeMXBean().getInputArguments(), terminal);
  }

  static List<String> flags(List<String> all, boolean terminal) {
    return all.stream()
        .filter(flag -> !flag.startsWith("-javaagent") && !flag.startsWith("-agentlib"))
        .filter(flag -> terminal || !flag.matches("-Dcounterpoint\\.(terminal|columns)=.*"))
        .toList();
  }

  /** The class path of this JVM. */
  public static String classPath() {
    return System.getProperty("java.class.path");
  }
}
