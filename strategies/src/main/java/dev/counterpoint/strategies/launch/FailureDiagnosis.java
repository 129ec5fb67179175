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
import org.jspecify.annotations.Nullable;

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
  private @Nullable ChildProcess tracker;
  private @Nullable Address address;
  private boolean trackerSilent;
  private boolean begun;

  FailureDiagnosis(Job job) {
    this.job = job;
  }

  void tracker(ChildProcess child) {
    tracker = child;
  }

  void rank(int rank, ChildProcess child) {
    ranks.put(rank, child);
  }

  void ended(ChildProcess child, int code) {
    ended.putIfAbsent(child, code);
  }

  void trackerSilent() {
    trackerSilent = true;
  }

  /** The local ranks that have not ended do not respond. */
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
      case LISTENING -> address = event.address();
      case BEGUN -> begun = true;
      case MISSING -> missing.addAll(event.ranks());
      case FAILED -> failed.addAll(event.ranks());
      case SILENT -> silent.addAll(event.ranks());
      case ALIVE, LOST -> {
        // The end of the process itself is the better evidence of a loss.
      }
    }
  }

  Optional<Address> trackerAddress() {
    return Optional.ofNullable(address);
  }

  Optional<Integer> exitCode(ChildProcess child) {
    return Optional.ofNullable(ended.get(child));
  }

  /** Whether the ranks of all machines have joined. */
  boolean begun() {
    return begun;
  }

  /** Whether all ranks have finished; false before the first is started. */
  boolean allDone() {
    return !ranks.isEmpty()
        && ranks.values().stream()
            .allMatch(child -> ended.containsKey(child) && RankExit.isOrderly(ended.get(child)));
  }

  boolean allEnded() {
    return ended.keySet().containsAll(ranks.values())
        && (tracker == null || ended.containsKey(tracker));
  }

  /**
   * The local rank that has reported a failure that it caused itself; rank 0 if it is one of
   * several, since its output is shown.
   */
  private Optional<ChildProcess> culprit() {
    return failed.stream()
        .sorted(Comparator.comparing(rank -> rank != 0))
        .map(ranks::get)
        .filter(Objects::nonNull)
        .findFirst();
  }

  /** Whether a rank that has reported a failure that it caused itself has not ended yet. */
  boolean isCulpritAlive() {
    return culprit().filter(child -> !ended.containsKey(child)).isPresent();
  }

  /** Whether this attempt can no longer succeed. */
  boolean hasFailed() {
    return trackerSilent
        || !missing.isEmpty()
        || !silent.isEmpty()
        || !failed.isEmpty()
        || (!allDone() && ended.entrySet().stream().anyMatch(this::isBad));
  }

  /**
   * Whether a process ended abnormally. The only normal exit code of the tracker is 0, when all
   * ranks are done.
   */
  private boolean isBad(Map.Entry<ChildProcess, Integer> end) {
    return end.getKey() == tracker
        ? end.getValue() != RankExit.DONE
        : !RankExit.isOrderly(end.getValue());
  }

  /** The exit code and its cause. */
  AttemptResult result() {
    if (!hasFailed()) {
      return new AttemptResult(
          ended.entrySet().stream()
              .filter(end -> end.getKey() != tracker)
              .mapToInt(Map.Entry::getValue)
              .max()
              .orElse(RankExit.DONE),
          "");
    }
    return missingRanks()
        .or(this::culpritResult)
        .or(() -> firstRank(RankExit::isPermanentFailure).map(this::failed))
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
        .orElseGet(() -> new AttemptResult(RankExit.RETRY, "the tracker has ended too early"));
  }

  /** Other ranks may have ended before it, because of its failure. */
  private Optional<AttemptResult> culpritResult() {
    return culprit()
        .filter(child -> RankExit.isPermanentFailure(ended.getOrDefault(child, RankExit.DONE)))
        .map(child -> failed(Map.entry(child, ended.get(child))));
  }

  private Optional<Map.Entry<ChildProcess, Integer>> firstEnd(IntPredicate wanted) {
    return ended.entrySet().stream().filter(end -> wanted.test(end.getValue())).findFirst();
  }

  /** The message of a rank is clearer than the tracker's message about it. */
  private Optional<Map.Entry<ChildProcess, Integer>> firstRank(IntPredicate wanted) {
    return ended.entrySet().stream()
        .filter(end -> end.getKey() != tracker && wanted.test(end.getValue()))
        .findFirst();
  }

  private Optional<AttemptResult> missingRanks() {
    if (missing.isEmpty()) {
      return Optional.empty();
    }
    String cause =
        "%s did not join the tracker at %s within %s s"
            .formatted(
                missing.stream().map(this::name).collect(Collectors.joining(", ")),
                address,
                job.deadline().toSeconds());
    return Optional.of(
        ranks.keySet().containsAll(missing)
            ? new AttemptResult(RankExit.RETRY, cause)
            : new AttemptResult(
                RankExit.INVALID_REQUEST,
                cause + "." + (address == null ? "" : address.advice(true))));
  }

  private String name(int rank) {
    ChildProcess child = ranks.get(rank);
    return child == null ? "rank " + rank : child.name();
  }

  private Optional<AttemptResult> silence() {
    List<String> names = new ArrayList<>();
    if (trackerSilent && tracker != null) {
      names.add(tracker.name());
    }
    silent.forEach(rank -> names.add(name(rank)));
    return names.isEmpty()
        ? Optional.empty()
        : Optional.of(
            new AttemptResult(
                RankExit.RETRY,
                String.join(", ", names) + (names.size() == 1 ? " does" : " do") + " not respond"));
  }

  /** The output of rank 0 was shown. If nothing has begun, no log is kept. */
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
