package dev.counterpoint.runner.machine;

import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The JVM that this program runs in, to start others like it. */
public final class OwnJvm {
  private OwnJvm() {}

  /**
   * A command line of the same Java with the same flags and class path; without a debugger or
   * agents, which want a port or a file for themselves, and without the terminal, which is this
   * one's.
   *
   * @param main the class to be started
   */
  public static List<String> command(String main, List<String> arguments) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(flags(ManagementFactory.getRuntimeMXBean().getInputArguments()));
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), main));
    command.addAll(arguments);
    return command;
  }

  static List<String> flags(List<String> own) {
    return own.stream()
        .filter(flag -> !flag.startsWith("-javaagent") && !flag.startsWith("-agentlib"))
        .filter(flag -> !flag.startsWith("-Dcounterpoint.terminal"))
        .toList();
  }
}
