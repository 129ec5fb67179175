package dev.counterpoint.strategies.launch;

/** Exit codes of ranks and trackers. */
public final class RankExit {
  public static final int DONE = 0;
  public static final int FAILED = 1;
  public static final int INVALID_REQUEST = 2;

  /** Another process was lost: start all processes again. */
  public static final int RETRY = 75;

  public static final int INTERRUPTED = 130;
  public static final int TERMINATED = 143;
  private static final int BY_SIGNAL = 128;
  private static final String[] SIGNALS = {
    "", "SIGHUP", "SIGINT", "SIGQUIT", "SIGILL", "SIGTRAP", "SIGABRT", "SIGBUS", "SIGFPE",
    "SIGKILL", "SIGUSR1", "SIGSEGV", "SIGUSR2", "SIGPIPE", "SIGALRM", "SIGTERM"
  };

  private RankExit() {}

  /** Whether the process has finished its work, or was stopped after saving. */
  static boolean isOrderly(int code) {
    return code == DONE || isStopped(code);
  }

  /** Whether the process was stopped by SIGINT or SIGTERM after saving. */
  public static boolean isStopped(int code) {
    return code == INTERRUPTED || code == TERMINATED;
  }

  /** Whether another attempt would end with the same failure. */
  public static boolean isPermanentFailure(int code) {
    return code == FAILED || code == INVALID_REQUEST;
  }

  /** The exit code of a process that {@code INT} or {@code TERM} has stopped. */
  public static int ofSignal(String name) {
    return name.equals("INT") ? INTERRUPTED : TERMINATED;
  }

  /** Describes the end of a process, as a predicate: {@code ended with exit code 3}. */
  static String describe(int code) {
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
