package dev.counterpoint.strategies.spark;

import dev.counterpoint.strategies.launch.LaunchException;
import dev.counterpoint.strategies.launch.RankExit;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The driver's view of all attempts of a job: shows the output of rank 0, and finds the cause of a
 * failure. A rank that fails by itself ends the others, which may report first, so the driver waits
 * a moment for the cause.
 */
final class AttemptHistory implements DriverServer.Listener {
  private static final long DIAGNOSIS = 3_000_000_000L; // nanoseconds

  private final int maxRestarts;
  private final Set<RankId> connected = new HashSet<>();
  private final Set<RankId> reported = new HashSet<>();
  private final Set<Integer> culprits = new HashSet<>();
  private final Map<Integer, LaunchException> failures = new LinkedHashMap<>();
  private int count;
  private long idleSince = System.nanoTime();
  private @Nullable String lastCause;
  private @Nullable LaunchException failure;
  private long failedSince;

  AttemptHistory(int maxRestarts) {
    this.maxRestarts = maxRestarts;
  }

  @Override
  public synchronized void onConnected(RankId rank) {
    connected.add(rank);
    if (rank.attempt() >= count) {
      count = rank.attempt() + 1;
      if (rank.attempt() > 0) {
        System.err.println(
            "Starting all ranks again from the newest checkpoint (restart %s of %s) ..."
                .formatted(rank.attempt(), maxRestarts));
      }
    }
  }

  @Override
  public synchronized void onReport(RankId rank, DriverConnection.Report report) {
    switch (report.kind()) {
      case OUT -> System.out.println(report.text());
      case ERR -> System.err.println(report.text());
      case REFUSED -> giveUp(LaunchException.invalid(report.text()));
      case FAILED -> {
        reported.add(rank);
        failed(rank + ": " + report.text());
      }
      case END -> ended(rank, report.number(), report.text());
      case CULPRIT -> culprits.add(report.number());
      case HEARTBEAT -> {
        // The task is alive.
      }
    }
  }

  private void ended(RankId rank, int code, String message) {
    reported.add(rank);
    if (RankExit.isPermanentFailure(code)) {
      failedSince = failures.isEmpty() ? System.nanoTime() : failedSince;
      failures.putIfAbsent(rank.rank(), new LaunchException(code, rank + ": " + message));
    } else if (code != RankExit.DONE && !RankExit.isStopped(code)) {
      failed(rank + " ended with exit code " + code + ": " + message);
    }
  }

  private void failed(String why) {
    if (failure == null && failures.isEmpty()) {
      lastCause = why;
      System.err.println(why);
    }
  }

  @Override
  public synchronized void onDisconnected(RankId rank) {
    connected.remove(rank);
    idleSince = System.nanoTime();
    if (!reported.contains(rank)) {
      failed(
          rank + " was lost: its executor has ended, cannot be reached, or was requested to stop.");
    }
  }

  /** Ends the job for a reason that another attempt would not change; the first reason counts. */
  synchronized void giveUp(LaunchException reason) {
    if (failure == null) {
      failure = reason;
    }
  }

  /** Why the job has failed, as soon as the cause is certain. */
  synchronized Optional<LaunchException> failure() {
    return Optional.ofNullable(failure)
        .or(
            () ->
                failures.entrySet().stream()
                    .filter(entry -> culprits.contains(entry.getKey()))
                    .map(Map.Entry::getValue)
                    .findFirst())
        .or(() -> System.nanoTime() - failedSince > DIAGNOSIS ? firstFailure() : Optional.empty());
  }

  /** Why the job has failed; called after the last report has arrived. */
  synchronized Optional<LaunchException> finalFailure() {
    return failure().or(this::firstFailure);
  }

  private Optional<LaunchException> firstFailure() {
    return failures.values().stream().findFirst();
  }

  /** Why the last attempt failed. */
  synchronized Optional<String> lastCause() {
    return Optional.ofNullable(lastCause);
  }

  /** The number of attempts. */
  synchronized int count() {
    return count;
  }

  /** Whether a task has connected. */
  synchronized boolean begun() {
    return count > 0;
  }

  /** Seconds since the last task disconnected; 0 while one is connected. */
  synchronized long secondsIdle() {
    return connected.isEmpty() ? (System.nanoTime() - idleSince) / 1_000_000_000L : 0;
  }
}
