package dev.counterpoint.runner.launch;

import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.runner.LauncherCommand;
import dev.counterpoint.runner.RunFailed;
import dev.counterpoint.runner.report.Console;
import dev.counterpoint.runner.rundir.CrashMarker;
import dev.counterpoint.runner.rundir.RunDirectory;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.util.HashSet;
import java.util.Locale;
import java.util.OptionalLong;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Runs a job to its end: starts its processes, and when one of them is lost starts all again from
 * the newest checkpoint, as often as the run allows without a new checkpoint in between.
 */
public final class Launcher {
  private final Job job;
  private final Programs programs;
  private final RunDirectory directory;
  private final int maxRestarts;
  private final Console console;
  private final PrintWriter out;
  private final PrintWriter err;
  private @Nullable Attempt attempt;
  private @Nullable String stopping;

  /**
   * A launcher that has started nothing yet.
   *
   * @param out gets what rank 0 says there, where that is started here
   */
  Launcher(
      Job job,
      Programs programs,
      RunDirectory directory,
      int maxRestarts,
      Console console,
      PrintWriter out,
      PrintWriter err) {
    this.job = job;
    this.programs = programs;
    this.directory = directory;
    this.maxRestarts = maxRestarts;
    this.console = console;
    this.out = out;
    this.err = err;
  }

  /** Asks all processes to end in order; from any thread. */
  public synchronized void stop(String signal) {
    stopping = signal;
    if (attempt != null) {
      attempt.stop(signal);
    }
  }

  /** Ends all processes at once; from any thread. */
  public synchronized void kill() {
    if (attempt != null) {
      attempt.kill();
    }
  }

  /**
   * Runs the job.
   *
   * @return the exit code
   * @throws RunFailed where it does not come to an end, with the cause
   */
  public int run() throws IOException {
    Files.createDirectories(job.logs());
    Thread lastAct = new Thread(this::kill, "end of the ranks");
    Runtime.getRuntime().addShutdownHook(lastAct);
    try {
      return runToTheEnd();
    } finally {
      Runtime.getRuntime().removeShutdownHook(lastAct);
    }
  }

  private int runToTheEnd() throws IOException {
    // All that have been seen: one that is damaged has a later step than those that come next.
    Set<Long> saved = new HashSet<>(directory.steps());
    int restarts = 0;
    for (int number = 1; ; number++) {
      Verdict verdict = verdict(number);
      if (!verdict.mayTryAgain()) {
        return ended(verdict);
      }
      OptionalLong step = CrashMarker.takeStep(directory);
      String where = step.isPresent() ? "; the run was in step " + step.getAsLong() : "";
      boolean further = saved.addAll(directory.steps());
      restarts = further ? 1 : restarts + 1;
      String what = capital(verdict.cause()) + where + ".";
      if (stopped() || restarts > maxRestarts) {
        throw new RunFailed(what + "\n" + givenUp());
      }
      console.say(what);
      console.say(
          String.format(
              Locale.ROOT,
              "Starting all %d ranks again %s (restart %d of at most %d without a new checkpoint) ...",
              job.world(),
              from(),
              restarts,
              maxRestarts));
    }
  }

  /** Of which step it is, rank 0 finds out: for that all of it must be read. */
  private String from() throws IOException {
    return directory.steps().isEmpty() ? "from the beginning" : "from the newest whole checkpoint";
  }

  private String givenUp() {
    String reason =
        stopped()
            ? "The run was to stop, and has not saved what it did since its last checkpoint."
            : maxRestarts == 0
                ? "strategy.maxRestarts is 0, so the job ends."
                : "That was after "
                    + maxRestarts
                    + " restarts without a new checkpoint (strategy.maxRestarts), so the job ends.";
    return RunDirectory.isRun(directory.path())
        ? reason + " To go on: " + LauncherCommand.line("train", directory.path())
        : reason;
  }

  private Verdict verdict(int number) throws IOException {
    try (Attempt each = new Attempt(job, programs, number, out, err)) {
      synchronized (this) {
        attempt = each;
        if (stopping != null) {
          each.stop(stopping);
        }
      }
      return each.run();
    } finally {
      synchronized (this) {
        attempt = null;
      }
    }
  }

  private synchronized boolean stopped() {
    return stopping != null;
  }

  private int ended(Verdict verdict) {
    if (verdict.cause().isEmpty()) {
      return verdict.code();
    }
    String what = capital(verdict.cause());
    if (verdict.code() == RankExit.REQUEST_WRONG) {
      throw new InvalidSettings(what);
    }
    throw new RunFailed(what);
  }

  private static String capital(String text) {
    return Character.toUpperCase(text.charAt(0)) + text.substring(1);
  }
}
