package dev.counterpoint.runner.launch;

import dev.counterpoint.core.settings.Formats;
import dev.counterpoint.runner.machine.CurrentJvm;
import dev.counterpoint.strategies.internal.rendezvous.RendezvousServer;
import dev.counterpoint.strategies.launch.Job;
import dev.counterpoint.strategies.launch.Programs;
import dev.counterpoint.strategies.launch.Tracker;
import dev.counterpoint.strategies.launch.TrackerEvent;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Starts ranks as JVMs with the flags of this JVM, and the tracker in this one. The maximum heap
 * size is divided among the ranks on this machine.
 *
 * @param arguments the command-line arguments of each rank, {@code train} first
 * @param rankZeroOnly additional arguments of rank 0
 * @param localRanks the number of ranks on this machine
 * @param environment environment variables of the ranks, including the class path, which is too
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
  public Tracker tracker(Job.TrackerPlan plan, int worldSize, Consumer<TrackerEvent> events) {
    return RendezvousServer.start(plan, worldSize, events);
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
