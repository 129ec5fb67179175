package dev.counterpoint.strategies.launch;

import java.util.Map;
import java.util.Objects;
import java.util.Set;

/** Exit codes of ranks. */
public final class RankExit {
  public static final int DONE = 0;
  public static final int FAILED = 1;
  public static final int INVALID_REQUEST = 2;

  /** The rank has lost another process: all processes must be restarted. */
  public static final int RETRY = 75;

  private static final int BY_SIGNAL = 128;

  /**
   * Signals that save and stop a run, with their numbers on Linux: those of terminals and service
   * managers, and those that batch systems such as Slurm send before the time limit of a job.
   */
  private static final Map<String, Integer> STOP_SIGNALS =
      Map.of("HUP", 1, "INT", 2, "USR1", 10, "TERM", 15, "XCPU", 24);

  private static final String[] SIGNALS = {
    "", "SIGHUP", "SIGINT", "SIGQUIT", "SIGILL", "SIGTRAP", "SIGABRT", "SIGBUS", "SIGFPE",
    "SIGKILL", "SIGUSR1", "SIGSEGV", "SIGUSR2", "SIGPIPE", "SIGALRM", "SIGTERM"
  };

  private RankExit() {}

  /** Whether the process has finished its work, or was stopped after saving. */
  static boolean isOrderly(int code) {
    return code == DONE || isStopped(code);
  }

  /** Whether the process was stopped by one of the {@link #stopSignals} after saving. */
  public static boolean isStopped(int code) {
    return STOP_SIGNALS.containsValue(code - BY_SIGNAL);
  }

  /** The names of the signals that save and stop a run, without {@code SIG}. */
  public static Set<String> stopSignals() {
    return STOP_SIGNALS.keySet();
  }

  /** Whether another attempt would end with the same failure. */
  public static boolean isPermanentFailure(int code) {
    return code == FAILED || code == INVALID_REQUEST;
  }

  /** The exit code of a process that one of the {@link #stopSignals} has stopped. */
  public static int ofSignal(String name) {
    return BY_SIGNAL + Objects.requireNonNull(STOP_SIGNALS.get(name), name);
  }

  /** Describes the end of a process, as a predicate: {@code ended with exit code 3}. */
  public static String describe(int code) {
    int signal = code - BY_SIGNAL;
    if (signal <= 0 || signal >= SIGNALS.length) {
      return "ended with exit code " + code;
    }
    return "was killed by "
        + SIGNALS[signal]
        + (SIGNALS[signal].equals("SIGKILL")
            ? " (by a user, or by the system: out of memory)"
            : "");
  }
}
