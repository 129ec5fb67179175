package dev.counterpoint.runner.launch;

import dev.counterpoint.core.settings.Formats;
import dev.counterpoint.runner.machine.CurrentJvm;
import dev.counterpoint.strategies.launch.Address;
import dev.counterpoint.strategies.launch.Programs;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Starts ranks and tracker as JVMs with the flags of this JVM. The maximum heap size is divided
 * among the ranks on this machine.
 *
 * @param arguments the command-line arguments of each rank, {@code train} first
 * @param rankZeroOnly additional arguments of rank 0
 * @param localRanks the number of ranks on this machine
 * @param environment environment variables of all processes, including the class path, which is too
 *     long for a command line
 */
record RankPrograms(
    List<String> arguments,
    List<String> rankZeroOnly,
    int localRanks,
    Map<String, String> environment)
    implements Programs {
  private static final Pattern HEAP = Pattern.compile("-XX:MaxRAMPercentage=(\\d+(?:\\.\\d+)?)");

  @Override
  public ProcessBuilder rank(int rank) {
    List<String> flags = CurrentJvm.flags(rank == 0).stream().map(this::divideHeap).toList();
    List<String> all = new ArrayList<>(arguments);
    if (rank == 0) {
      all.addAll(rankZeroOnly);
    }
    return process(flags, all);
  }

  @Override
  public ProcessBuilder tracker(Address address, int worldSize, Duration deadline) {
    List<String> flags = new ArrayList<>(CurrentJvm.flags(false));
    flags.addAll(List.of("-Xmx64m", "-XX:TieredStopAtLevel=1"));
    List<String> tracker = new ArrayList<>(List.of("tracker"));
    tracker.addAll(List.of("--host", address.host(), "--port", Integer.toString(address.port())));
    tracker.addAll(List.of("--world", Integer.toString(worldSize)));
    tracker.addAll(List.of("--deadline", Long.toString(deadline.toSeconds())));
    return process(flags, tracker);
  }

  private ProcessBuilder process(List<String> flags, List<String> all) {
    ProcessBuilder builder = CurrentJvm.process(CurrentJvm.command(flags, CurrentJvm.MAIN, all));
    builder.environment().putAll(environment);
    return builder;
  }

  private String divideHeap(String flag) {
    Matcher heap = HEAP.matcher(flag);
    return heap.matches()
        ? Formats.of("-XX:MaxRAMPercentage=%.2f", Double.parseDouble(heap.group(1)) / localRanks)
        : flag;
  }
}
