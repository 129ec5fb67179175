package dev.counterpoint.runner.machine;

import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/** The current JVM's command line, for starting other JVMs like it. */
public final class CurrentJvm {
  /** The main class of the command line, by name to avoid a package cycle. */
  public static final String MAIN = "dev.counterpoint.runner.cli.Main";

  /**
   * The environment variables with flags for every JVM. Another JVM receives the flags on its
   * command line, so its environment must not contain them again.
   */
  static final List<String> VARIABLES =
      List.of("JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "_JAVA_OPTIONS");

  private static final Pattern OWN_PORT_OR_FILE =
      Pattern.compile(
          "-javaagent|-agent(lib|path)|-Xrun|-Xdebug|-Dcom\\.sun\\.management\\.jmxremote"
              + "|-XX:StartFlightRecording|-Xlog:.*file=|-Xloggc:");

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
   * The flags of this JVM, including those of {@link #VARIABLES}, without debuggers, agents and
   * recordings, because those need a port or a file of their own.
   *
   * @param terminal whether the other JVM uses the same terminal
   */
  public static List<String> flags(boolean terminal) {
    return flags(ManagementFactory.getRuntimeMXBean().getInputArguments(), terminal);
  }

  static List<String> flags(List<String> all, boolean terminal) {
    return all.stream()
        .filter(flag -> !OWN_PORT_OR_FILE.matcher(flag).lookingAt())
        .filter(flag -> terminal || !flag.matches("-Dcounterpoint\\.(terminal|columns)=.*"))
        .toList();
  }

  /** A process with a new JVM, started with the flags of this JVM. */
  public static ProcessBuilder process(List<String> command) {
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().keySet().removeAll(VARIABLES);
    return builder;
  }

  /** The class path of this JVM. */
  public static String classPath() {
    return System.getProperty("java.class.path");
  }
}
