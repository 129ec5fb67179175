package dev.counterpoint.strategies.launch;

import java.io.IOException;
import java.nio.file.Files;
import java.util.HashSet;
import java.util.OptionalLong;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Runs a job: starts its processes, and if one of them is lost starts all again from the newest
 * checkpoint, up to a number of restarts without a new checkpoint in between.
 */
public final class Launcher {
  private final Job job;
  private final Programs programs;
  private final RunProgress progress;
  private final int maxRestarts;
  private final Attempt.Output output;
  private @Nullable Attempt attempt;
  private @Nullable String stopping;

  /** Access to the run directory, and the output for reports of restarts. */
  public interface RunProgress {
    /** The steps of all checkpoints, intact or damaged. */
    Set<Long> checkpoints() throws IOException;

    /** The step in which rank 0 was killed, if its marker file exists; deletes the marker. */
    OptionalLong interruptedStep();

    /** How the user can resume the run: a sentence; empty if there is nothing to resume. */
    String resumeHint();

    /** Shows a line to the user. */
    void report(String line);
  }

  /** A launcher that has started nothing yet. */
  public Launcher(
      Job job, Programs programs, RunProgress progress, int maxRestarts, Attempt.Output output) {
    this.job = job;
    this.programs = programs;
    this.progress = progress;
    this.maxRestarts = maxRestarts;
    this.output = output;
  }

  /** Requests all processes to save and stop; may be called by any thread. */
  public synchronized void stop(String signal) {
    stopping = signal;
    if (attempt != null) {
      attempt.stop(signal);
    }
  }

  /** Kills all processes; may be called by any thread. */
  public synchronized void kill() {
    if (attempt != null) {
      attempt.kill();
    }
  }

  /**
   * Runs the job.
   *
   * @return the exit code
   * @throws LaunchException if the job fails, with the cause
   */
  public int run() throws IOException {
    Files.createDirectories(job.logs());
    Thread hook = new Thread(this::kill, "end of the ranks");
    Runtime.getRuntime().addShutdownHook(hook);
    try {
      return runAttempts();
    } finally {
      Runtime.getRuntime().removeShutdownHook(hook);
    }
  }

  private int runAttempts() throws IOException {
    // All steps seen so far: a damaged checkpoint may have a later step than the next new one.
    Set<Long> saved = new HashSet<>(progress.checkpoints());
    int restarts = 0;
    for (int number = 1; ; number++) {
      AttemptResult result = attempt(number);
      if (!result.mayRetry()) {
        return exitCode(result);
      }
      OptionalLong step = progress.interruptedStep();
      String where = step.isPresent() ? "; the run was in step " + step.getAsLong() : "";
      boolean advanced = saved.addAll(progress.checkpoints());
      restarts = advanced ? 1 : restarts + 1;
      String cause = capitalized(result.cause()) + where + ".";
      if (isStopped() || restarts > maxRestarts) {
        throw new LaunchException(RankExit.FAILED, cause + "\n" + whyNotRestarted());
      }
      progress.report(cause);
      progress.report(
          "Starting all %s ranks again %s (restart %s of at most %s without a new checkpoint) ..."
              .formatted(
                  job.worldSize(),
                  saved.isEmpty() ? "from the beginning" : "from the newest intact checkpoint",
                  restarts,
                  maxRestarts));
    }
  }

  private AttemptResult attempt(int number) throws IOException {
    try (Attempt next = new Attempt(job, programs, number, output, new AttemptListener() {})) {
      synchronized (this) {
        attempt = next;
        if (stopping != null) {
          next.stop(stopping);
        }
      }
      return next.run();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("Interrupted while the ranks were running.", e);
    } finally {
      synchronized (this) {
        attempt = null;
      }
    }
  }

  private String whyNotRestarted() {
    String reason =
        isStopped()
            ? "The run was stopped before it saved the steps after its last checkpoint."
            : maxRestarts == 0
                ? "strategy.maxRestarts is 0, so the job ends."
                : "That was after "
                    + maxRestarts
                    + " restarts without a new checkpoint (strategy.maxRestarts), so the job ends.";
    return (reason + " " + progress.resumeHint()).strip();
  }

  private synchronized boolean isStopped() {
    return stopping != null;
  }

  private static int exitCode(AttemptResult result) {
    if (result.cause().isEmpty()) {
      return result.code();
    }
    int code = result.code() == RankExit.INVALID_REQUEST ? result.code() : RankExit.FAILED;
    throw new LaunchException(code, capitalized(result.cause()));
  }

  private static String capitalized(String text) {
    return Character.toUpperCase(text.charAt(0)) + text.substring(1);
  }
}
