package dev.counterpoint.runner.launch;

import dev.counterpoint.strategies.distributed.RingCollective;

/** Exit codes of ranks and trackers, as whoever started them reads them. */
final class RankExit {
  static final int DONE = 0;
  static final int FAILED = 1;
  static final int REQUEST_WRONG = 2;
  static final int TRY_AGAIN = RingCollective.LOST;
  static final int INTERRUPTED = 130;
  static final int TERMINATED = 143;
  private static final int BY_SIGNAL = 128;
  private static final String[] SIGNALS = {
    "", "SIGHUP", "SIGINT", "SIGQUIT", "SIGILL", "SIGTRAP", "SIGABRT", "SIGBUS", "SIGFPE",
    "SIGKILL", "SIGUSR1", "SIGSEGV", "SIGUSR2", "SIGPIPE", "SIGALRM", "SIGTERM"
  };

  private RankExit() {}

  /** Whether a process that ended so has done what it was to do, to the end or to a signal. */
  static boolean isOrderly(int code) {
    return code == DONE || isStopped(code);
  }

  static boolean isStopped(int code) {
    return code == INTERRUPTED || code == TERMINATED;
  }

  /** Whether it would end so again. */
  static boolean isFinal(int code) {
    return code == FAILED || code == REQUEST_WRONG;
  }

  /** What happened to a process, to go on from its name. */
  static String words(int code) {
    int signal = code - BY_SIGNAL;
    if (signal <= 0 || signal >= SIGNALS.length) {
      return "ended with exit code " + code;
    }
    return "was ended by "
        + SIGNALS[signal]
        + (SIGNALS[signal].equals("SIGKILL")
            ? " (as the system does for want of memory, too)"
            : "");
  }
}
