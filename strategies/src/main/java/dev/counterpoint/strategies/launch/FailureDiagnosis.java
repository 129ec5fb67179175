package dev.counterpoint.strategies.launch;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.IntPredicate;
import java.util.stream.Collectors;

/**
 * Collects evidence about the processes of an attempt, and separates the cause from its
 * consequences: a process that was killed or does not respond comes before those that only lost it.
 */
final class FailureDiagnosis {
  private final Job job;
  private final Map<Integer, ChildProcess> ranks = new TreeMap<>();
  private final Map<ChildProcess, Integer> ended = new LinkedHashMap<>();
  private final List<Integer> missing = new ArrayList<>();
  private final List<Integer> silent = new ArrayList<>();
  private final List<Integer> failed = new ArrayList<>();
  private final List<Integer> lost = new ArrayList<>();
  private Address tracker;
  private boolean begun;
  private boolean done;

  FailureDiagnosis(Job job) {
    this.job = job;
    tracker = job.tracker().address();
  }

  /** Sets where the tracker listens. */
  void tracker(Address address) {
    tracker = address;
  }

  void rank(int rank, ChildProcess child) {
    ranks.put(rank, child);
  }

  void ended(ChildProcess child, int code) {
    ended.putIfAbsent(child, code);
  }

  /** Records that the local ranks that are still running have stopped responding. */
  void ranksSilent() {
    ranks.forEach(
        (rank, child) -> {
          if (!ended.containsKey(child)) {
            silent.add(rank);
          }
        });
  }

  void trackerEvent(TrackerEvent event) {
    switch (event.kind()) {
      case BEGUN -> begun = true;
      case MISSING -> missing.addAll(event.ranks());
      case FAILED -> failed.addAll(event.ranks());
      case SILENT -> silent.addAll(event.ranks());
      case LOST -> lost.addAll(event.ranks());
      case DONE -> done = true;
    }
  }

  Optional<Integer> exitCode(ChildProcess child) {
    return Optional.ofNullable(ended.get(child));
  }

  /** Whether ranks of other machines have joined, and are not done. */
  boolean isTrackerNeeded() {
    return begun && !done && lost.isEmpty() && ranks.size() < job.worldSize();
  }

  /** Whether all ranks have reported that they are done, so that their processes will end. */
  boolean reportedDone() {
    return done;
  }

  /** Whether all ranks have finished; false before the first is started. */
  boolean allDone() {
    return !ranks.isEmpty()
        && ranks.values().stream()
            .allMatch(child -> ended.containsKey(child) && RankExit.isOrderly(ended.get(child)));
  }

  boolean allEnded() {
    return ended.keySet().containsAll(ranks.values());
  }

  /**
   * The local rank that has caused a failure and reported it. Of several, one that rejects the
   * request, since the others may have been ended because of it; else rank 0, since its output is
   * shown.
   */
  private Optional<ChildProcess> culprit() {
    return failed.stream()
        .map(ranks::get)
        .filter(Objects::nonNull)
        .min(
            Comparator.comparing(
                    (ChildProcess child) ->
                        !Objects.equals(ended.get(child), RankExit.INVALID_REQUEST))
                .thenComparing(child -> child != ranks.get(0)));
  }

  /** Whether the local rank that has caused and reported a failure is still running. */
  boolean isCulpritAlive() {
    return culprit().filter(child -> !ended.containsKey(child)).isPresent();
  }

  /** Whether this attempt can no longer succeed. */
  boolean hasFailed() {
    return !missing.isEmpty()
        || !silent.isEmpty()
        || !failed.isEmpty()
        || (!lost.isEmpty() && !allDone())
        || ended.values().stream().anyMatch(code -> !RankExit.isOrderly(code));
  }

  /** The exit code, and the cause of a failure. */
  AttemptResult result() {
    if (!hasFailed()) {
      return new AttemptResult(
          ended.values().stream().mapToInt(Integer::intValue).max().orElse(RankExit.DONE), "");
    }
    return missingRanks()
        .or(this::culpritResult)
        .or(() -> firstEnd(code -> code == RankExit.INVALID_REQUEST).map(this::failed))
        .or(() -> firstEnd(RankExit::isPermanentFailure).map(this::failed))
        .or(this::silence)
        .or(
            () ->
                firstEnd(code -> !RankExit.isOrderly(code) && code != RankExit.RETRY)
                    .map(end -> again(end.getKey(), RankExit.describe(end.getValue()))))
        .or(() -> firstEnd(RankExit::isStopped).map(end -> new AttemptResult(end.getValue(), "")))
        .or(
            () ->
                firstEnd(code -> code == RankExit.RETRY)
                    .map(end -> again(end.getKey(), "lost the other ranks")))
        .orElseGet(
            () ->
                new AttemptResult(
                    RankExit.RETRY, names(lost.isEmpty() ? failed : lost) + " ended too early"));
  }

  /** The result of the rank that caused the failure; others may have ended before it. */
  private Optional<AttemptResult> culpritResult() {
    return culprit()
        .filter(child -> RankExit.isPermanentFailure(ended.getOrDefault(child, RankExit.DONE)))
        .map(child -> failed(Map.entry(child, ended.get(child))));
  }

  private Optional<Map.Entry<ChildProcess, Integer>> firstEnd(IntPredicate wanted) {
    return ended.entrySet().stream().filter(end -> wanted.test(end.getValue())).findFirst();
  }

  private Optional<AttemptResult> missingRanks() {
    if (missing.isEmpty()) {
      return Optional.empty();
    }
    String cause =
        "%s did not join the tracker at %s within %s s"
            .formatted(names(missing), tracker, job.deadline().toSeconds());
    return Optional.of(
        ranks.keySet().containsAll(missing)
            ? new AttemptResult(RankExit.RETRY, cause)
            : new AttemptResult(RankExit.INVALID_REQUEST, cause + "." + tracker.advice(true)));
  }

  private String names(List<Integer> all) {
    return all.stream().map(this::name).collect(Collectors.joining(", "));
  }

  private String name(int rank) {
    ChildProcess child = ranks.get(rank);
    return child == null ? "rank " + rank : child.name();
  }

  private Optional<AttemptResult> silence() {
    return silent.isEmpty()
        ? Optional.empty()
        : Optional.of(
            new AttemptResult(
                RankExit.RETRY,
                names(silent) + (silent.size() == 1 ? " does" : " do") + " not respond"));
  }

  /** The result of a failed rank. The output of rank 0 was shown; an invalid request has no log. */
  private AttemptResult failed(Map.Entry<ChildProcess, Integer> end) {
    ChildProcess child = end.getKey();
    int code = end.getValue();
    if (child == ranks.get(0)) {
      return new AttemptResult(code, "");
    }
    String what = child.name() + " " + RankExit.describe(code);
    return new AttemptResult(
        code,
        code == RankExit.INVALID_REQUEST
            ? what + ":\n" + String.join("\n", child.errors())
            : what + lastLines(child));
  }

  private static AttemptResult again(ChildProcess child, String what) {
    return new AttemptResult(RankExit.RETRY, child.name() + " " + what + lastLines(child));
  }

  private static String lastLines(ChildProcess child) {
    List<String> lines = child.lastLines();
    return (lines.isEmpty() ? "" : "; its log ends with:\n  " + String.join("\n  ", lines) + "\n")
        + (lines.isEmpty() ? "; its log is " : "  in ")
        + child.log();
  }
}
