package dev.counterpoint.runner.wiring;

import dev.counterpoint.core.kernel.Torch;
import dev.counterpoint.core.settings.InvalidSettings;
import java.util.Map;

/** The number of threads of libtorch, from the run file and the environment. */
public final class Threads {
  /** The environment variable from which libtorch takes the number of threads. */
  public static final String VARIABLE = "OMP_NUM_THREADS";

  static final String AUTO = "auto";

  private Threads() {}

  /**
   * Checks that the environment does not contradict the run file.
   *
   * @throws InvalidSettings if both have a number of threads, and the numbers differ
   */
  public static void check(Run run, Map<String, String> environment) {
    String threads = run.file().threads();
    String variable = environment.getOrDefault(VARIABLE, threads);
    if (!threads.equals(AUTO) && !variable.equals(threads)) {
      throw new InvalidSettings(
          "threads is %s, but %s is %s. Use threads: auto, or unset the variable.",
          threads, VARIABLE, variable);
    }
  }

  /** Sets the number of threads of this process. */
  public static void apply(Run run) {
    String threads = run.file().threads();
    if (!threads.equals(AUTO)) {
      Torch.setThreads(Integer.parseInt(threads));
    }
  }

  /** The value of the variable for each of the processes on this machine. */
  public static String perProcess(Run run, int processes) {
    String threads = run.file().threads();
    return threads.equals(AUTO)
        ? Integer.toString(Math.max(1, Runtime.getRuntime().availableProcessors() / processes))
        : threads;
  }
}
