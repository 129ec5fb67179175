package dev.counterpoint.runner.launch;

import dev.counterpoint.runner.rendezvous.Address;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * This program in JVMs of their own, with the flags of this one. The share of the machine's memory
 * that this one might take is divided among the ranks.
 */
final class JavaPrograms implements Programs {
  private static final String MAIN = "dev.counterpoint.runner.cli.Main";
  private static final Pattern SHARE = Pattern.compile("-XX:MaxRAMPercentage=(\\d+(?:\\.\\d+)?)");

  private final List<String> arguments;
  private final List<String> leaderOnly;
  private final int localRanks;

  /**
   * Programs for one machine.
   *
   * @param arguments of each rank, {@code train} first
   * @param leaderOnly further ones of rank 0
   * @param localRanks ranks on this machine
   */
  JavaPrograms(List<String> arguments, List<String> leaderOnly, int localRanks) {
    this.arguments = List.copyOf(arguments);
    this.leaderOnly = List.copyOf(leaderOnly);
    this.localRanks = localRanks;
  }

  /** The class path of the processes is this one's; it is too long for a command line. */
  static String classPath() {
    return System.getProperty("java.class.path");
  }

  @Override
  public List<String> rank(int rank) {
    List<String> command = java();
    flags().stream()
        .filter(flag -> rank == 0 || !flag.startsWith("-Dcounterpoint."))
        .map(this::divided)
        .forEach(command::add);
    command.add(MAIN);
    command.addAll(arguments);
    if (rank == 0) {
      command.addAll(leaderOnly);
    }
    return command;
  }

  @Override
  public List<String> tracker(Address at, int world, Duration deadline) {
    List<String> command = java();
    flags().stream().filter(flag -> !flag.startsWith("-Dcounterpoint.")).forEach(command::add);
    command.addAll(List.of("-Xmx64m", "-XX:TieredStopAtLevel=1", MAIN, "tracker"));
    command.addAll(List.of("--host", at.host(), "--port", Integer.toString(at.port())));
    command.addAll(List.of("--world", Integer.toString(world)));
    command.addAll(List.of("--deadline", Long.toString(deadline.toSeconds())));
    return command;
  }

  private static List<String> java() {
    return new ArrayList<>(
        List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString()));
  }

  private static List<String> flags() {
    return ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
        .filter(flag -> !flag.startsWith("-javaagent") && !flag.startsWith("-agentlib"))
        .toList();
  }

  private String divided(String flag) {
    Matcher share = SHARE.matcher(flag);
    return share.matches()
        ? String.format(
            Locale.ROOT,
            "-XX:MaxRAMPercentage=%.2f",
            Double.parseDouble(share.group(1)) / localRanks)
        : flag;
  }
}
