package dev.counterpoint.core.internal.thread;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.BitSet;
import java.util.List;
import java.util.OptionalDouble;

/**
 * Measures how much of the processor cores of this process other processes use.
 *
 * <p>The source is {@code /proc} of Linux, in clock ticks of 10 ms: busy time of the cores that
 * this process may run on, minus its own. Time that a hypervisor takes counts as used by others. On
 * other systems nothing is measured. Not thread-safe.
 */
public final class OtherProcesses {
  private static final Path SYSTEM = Path.of("/proc");

  /** Columns of a processor in {@code /proc/stat} that count as busy; see proc(5). */
  private static final List<Integer> BUSY = List.of(1, 2, 3, 6, 7, 8);

  /** Columns of all times, from user to steal. */
  private static final int ALL = 8;

  /** Number of cores that other processes can use without slowing this process down much. */
  private static final double TOLERANCE = 0.25;

  /** Position of {@code utime} after the program name in {@code /proc/self/stat}. */
  private static final int USER_TIME = 11;

  private final Path proc;
  private final BitSet cores;
  private Ticks last;

  /** Starts a measurement. */
  public OtherProcesses() {
    this(SYSTEM);
  }

  OtherProcesses(Path proc) {
    this.proc = proc;
    cores = allowedCores();
    last = read();
  }

  /** Returns the number of cores that this process may run on; 0 if it is unknown. */
  public int cores() {
    return cores.cardinality();
  }

  /**
   * Returns the number of cores that other processes have used on average since the previous call,
   * if they left fewer cores idle than this process needs; empty if there were enough, or if it
   * cannot be measured.
   *
   * @param threads the number of cores that this process needs
   */
  public OptionalDouble contention(int threads) {
    Ticks now = read();
    double all = now.all - last.all;
    double used = (now.busy - last.busy - (now.own - last.own)) / all * cores();
    last = now;
    return used + threads > cores() + TOLERANCE ? OptionalDouble.of(used) : OptionalDouble.empty();
  }

  private Ticks read() {
    try {
      long busy = 0;
      long all = 0;
      for (String line : lines("stat")) {
        String[] columns = line.split(" +", -1);
        if (columns[0].matches("cpu\\d+") && cores.get(Integer.parseInt(columns[0].substring(3)))) {
          for (int column = 1; column <= ALL; column++) {
            long ticks = Long.parseLong(columns[column]);
            all += ticks;
            busy += BUSY.contains(column) ? ticks : 0;
          }
        }
      }
      String self = lines("self/stat").get(0);
      String[] columns = self.substring(self.lastIndexOf(')') + 2).split(" ", -1);
      long own = Long.parseLong(columns[USER_TIME]) + Long.parseLong(columns[USER_TIME + 1]);
      return new Ticks(busy, all, own);
    } catch (IOException | RuntimeException e) { // not Linux, or a /proc with another format
      return new Ticks(0, 0, 0);
    }
  }

  private BitSet allowedCores() {
    BitSet allowed = new BitSet();
    try {
      for (String line : lines("self/status")) {
        if (line.startsWith("Cpus_allowed_list:")) {
          for (String range : line.substring(line.indexOf(':') + 1).strip().split(",", -1)) {
            String[] ends = range.split("-", -1);
            allowed.set(Integer.parseInt(ends[0]), Integer.parseInt(ends[ends.length - 1]) + 1);
          }
        }
      }
    } catch (IOException | RuntimeException e) {
      allowed.clear();
    }
    return allowed;
  }

  private List<String> lines(String file) throws IOException {
    return Files.readAllLines(proc.resolve(file), StandardCharsets.ISO_8859_1);
  }

  /** Busy and total time of all cores, and the CPU time of this process, in clock ticks. */
  private record Ticks(long busy, long all, long own) {}
}
