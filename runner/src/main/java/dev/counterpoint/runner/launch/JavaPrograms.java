package dev.counterpoint.runner.launch;

import dev.counterpoint.runner.machine.CurrentJvm;
import dev.counterpoint.runner.rendezvous.Address;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * This program in JVMs of their own, with the flags of this one. The share of the machine's memory
 * that this one might take is divided among the ranks. They find their class path in the
 * environment, as it is too long for a command line.
 */
final class JavaPrograms implements Programs {
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

  @Override
  public List<String> rank(int rank) {
    List<String> flags = CurrentJvm.flags(rank == 0).stream().map(this::divided).toList();
    List<String> all = new ArrayList<>(arguments);
    if (rank == 0) {
      all.addAll(leaderOnly);
    }
    return CurrentJvm.command(flags, CurrentJvm.MAIN, all);
  }

  @Override
  public List<String> tracker(Address at, int world, Duration deadline) {
    List<String> flags = new ArrayList<>(CurrentJvm.flags(false));
    flags.addAll(List.of("-Xmx64m", "-XX:TieredStopAtLevel=1"));
    List<String> tracker = new ArrayList<>(List.of("tracker"));
    tracker.addAll(List.of("--host", at.host(), "--port", Integer.toString(at.port())));
    tracker.addAll(List.of("--world", Integer.toString(world)));
    tracker.addAll(List.of("--deadline", Long.toString(deadline.toSeconds())));
    return CurrentJvm.command(flags, CurrentJvm.MAIN, tracker);
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
