package dev.counterpoint.runner.spark;

import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What the driver hears of the attempts at a job, and tells the user of them. A rank that fails for
 * a reason of its own ends the others, which may be gone before it; so the reason is looked for a
 * moment.
 */
final class Attempts implements Desk.Listener {
  private static final long PATIENCE = 3_000_000_000L; // nanoseconds

  private final int maxRestarts;
  private final Set<RankId> here = new HashSet<>();
  private final Set<RankId> concluded = new HashSet<>();
  private final Set<Integer> culprits = new HashSet<>();
  private final Map<Integer, JobFailed> failures = new LinkedHashMap<>();
  private int count;
  private long idleSince = System.nanoTime();
  private @Nullable String last;
  private @Nullable JobFailed verdict;
  private long failedSince;

  Attempts(int maxRestarts) {
    this.maxRestarts = maxRestarts;
  }

  @Override
  public synchronized void begun(RankId rank) {
    here.add(rank);
    if (rank.attempt() >= count) {
      count = rank.attempt() + 1;
      if (rank.attempt() > 0) {
        System.err.println(
            "Starting all ranks again from the newest checkpoint (restart "
                + rank.attempt()
                + " of "
                + maxRestarts
                + ") ...");
      }
    }
  }

  @Override
  public synchronized void said(RankId rank, DriverLine.Word word, String text) {
    switch (word) {
      case OUT -> System.out.println(text);
      case ERR -> System.err.println(text);
      case REFUSED -> giveUp(JobFailed.wrong(text));
      case FAILED -> {
        concluded.add(rank);
        failed(rank + ": " + text);
      }
      case END -> ended(rank, text);
      case CULPRIT -> culprits.add(Integer.valueOf(text));
      case BEAT -> {
        // It is there.
      }
    }
  }

  private void ended(RankId rank, String text) {
    concluded.add(rank);
    String[] words = text.split(" ", 2);
    int code = Integer.parseInt(words[0]);
    if (code == JobFailed.RUN_FAILED || code == JobFailed.REQUEST_WRONG) {
      failedSince = failures.isEmpty() ? System.nanoTime() : failedSince;
      failures.putIfAbsent(rank.rank(), new JobFailed(code, rank + ": " + words[1]));
    } else if (code != 0 && code != 130 && code != 143) {
      failed(rank + " ended with exit code " + code + ": " + words[1]);
    }
  }

  private void failed(String why) {
    if (verdict == null && failures.isEmpty()) {
      last = why;
      System.err.println(why);
    }
  }

  @Override
  public synchronized void gone(RankId rank) {
    here.remove(rank);
    idleSince = System.nanoTime();
    if (!concluded.contains(rank)) {
      failed(rank + " is gone: its executor has ended, cannot be reached, or was told to stop.");
    }
  }

  /** Ends the job, for a reason that another attempt would not change. The first one counts. */
  synchronized void giveUp(JobFailed reason) {
    if (verdict == null) {
      verdict = reason;
    }
  }

  /** Why the job cannot be carried out, as soon as that is certain. */
  synchronized Optional<JobFailed> verdict() {
    return Optional.ofNullable(verdict)
        .or(
            () ->
                failures.entrySet().stream()
                    .filter(failure -> culprits.contains(failure.getKey()))
                    .map(Map.Entry::getValue)
                    .findFirst())
        .or(() -> System.nanoTime() - failedSince > PATIENCE ? firstFailure() : Optional.empty());
  }

  /** The same, where nothing more is to come. */
  synchronized Optional<JobFailed> lastVerdict() {
    return verdict().or(this::firstFailure);
  }

  private Optional<JobFailed> firstFailure() {
    return failures.values().stream().findFirst();
  }

  /** Why the last one failed. */
  synchronized Optional<String> last() {
    return Optional.ofNullable(last);
  }

  synchronized int count() {
    return count;
  }

  synchronized boolean begun() {
    return count > 0;
  }

  /** Seconds since the last rank left; 0 while there is one. */
  synchronized long secondsIdle() {
    return here.isEmpty() ? (System.nanoTime() - idleSince) / 1_000_000_000L : 0;
  }
}
