package dev.counterpoint.runner.launch;

import dev.counterpoint.runner.rendezvous.Address;
import java.util.ArrayList;
import java.util.Arrays;
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
 * What is known of the processes of an attempt, and which of it is the cause of the rest. Who was
 * killed, or does not answer, comes before those who only lost him.
 */
final class Signs {
  private final Job job;
  private final Map<Integer, Child> ranks = new TreeMap<>();
  private final Map<Child, Integer> ended = new LinkedHashMap<>();
  private final List<Integer> missing = new ArrayList<>();
  private final List<Integer> silent = new ArrayList<>();
  private final List<Integer> failed = new ArrayList<>();
  private @Nullable Child tracker;
  private @Nullable Address gate;
  private boolean trackerSilent;
  private boolean begun;

  Signs(Job job) {
    this.job = job;
  }

  void tracker(Child child) {
    tracker = child;
  }

  void rank(int rank, Child child) {
    ranks.put(rank, child);
  }

  void ended(Child child, int code) {
    ended.putIfAbsent(child, code);
  }

  void trackerSilent() {
    trackerSilent = true;
  }

  /** The ranks here that are there yet do not come to their end. */
  void ranksSilent() {
    ranks.forEach(
        (rank, child) -> {
          if (!ended.containsKey(child)) {
            silent.add(rank);
          }
        });
  }

  /** A line of the tracker's. */
  void said(String line) {
    List<String> words = Arrays.asList(line.split(" "));
    switch (words.get(0)) {
      case "gate" -> gate = Address.parse("the tracker's gate", words.get(1));
      case "begun" -> begun = true;
      case "missing" -> words.stream().skip(1).map(Integer::valueOf).forEach(missing::add);
      case "failed" -> failed.add(Integer.valueOf(words.get(1)));
      case "lost" -> {
        if (words.size() > 2 && words.get(2).equals("silent")) {
          silent.add(Integer.valueOf(words.get(1)));
        }
      }
      default -> {
        // It lives.
      }
    }
  }

  Optional<Address> gate() {
    return Optional.ofNullable(gate);
  }

  /** Whether the ranks of all machines have met. */
  boolean begun() {
    return begun;
  }

  /** Whether all ranks have done what they were to do; none has before one is started. */
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
   * The rank here that has said that it fails for a reason of its own. Where several do, and rank 0
   * among them, it is that one: what it says is shown.
   */
  private Optional<Child> culprit() {
    return failed.stream()
        .sorted(Comparator.comparing(rank -> rank != 0))
        .map(ranks::get)
        .filter(Objects::nonNull)
        .findFirst();
  }

  /** Whether a rank that fails for a reason of its own has yet to say it. */
  boolean culpritSpeaks() {
    return culprit().filter(child -> !ended.containsKey(child)).isPresent();
  }

  /** Whether this attempt cannot come to a good end any more. */
  boolean any() {
    return trackerSilent
        || !missing.isEmpty()
        || !silent.isEmpty()
        || !failed.isEmpty()
        || (!allDone() && ended.entrySet().stream().anyMatch(this::isBad));
  }

  /** The tracker ends in order when all ranks have told it that they are done. */
  private boolean isBad(Map.Entry<Child, Integer> end) {
    return end.getKey() == tracker
        ? end.getValue() != RankExit.DONE
        : !RankExit.isOrderly(end.getValue());
  }

  /** The exit code and its cause. */
  Verdict verdict() {
    if (!any()) {
      return new Verdict(
          ended.entrySet().stream()
              .filter(end -> end.getKey() != tracker)
              .mapToInt(Map.Entry::getValue)
              .max()
              .orElse(RankExit.DONE),
          "");
    }
    return missingRanks()
        .or(this::reasonOfCulprit)
        .or(() -> firstRank(RankExit::isFinal).map(this::failed))
        .or(() -> firstEnd(RankExit::isFinal).map(this::failed))
        .or(this::silence)
        .or(
            () ->
                firstEnd(code -> !RankExit.isOrderly(code) && code != RankExit.TRY_AGAIN)
                    .map(end -> again(end.getKey(), RankExit.words(end.getValue()))))
        .or(() -> firstEnd(RankExit::isStopped).map(end -> new Verdict(end.getValue(), "")))
        .or(
            () ->
                firstEnd(code -> code == RankExit.TRY_AGAIN)
                    .map(end -> again(end.getKey(), "lost the others")))
        .orElseGet(() -> new Verdict(RankExit.TRY_AGAIN, "the tracker has ended too early"));
  }

  /** Others may have ended before it, as they heard of it. */
  private Optional<Verdict> reasonOfCulprit() {
    return culprit()
        .filter(child -> RankExit.isFinal(ended.getOrDefault(child, RankExit.DONE)))
        .map(child -> failed(Map.entry(child, ended.get(child))));
  }

  private Optional<Map.Entry<Child, Integer>> firstEnd(IntPredicate wanted) {
    return ended.entrySet().stream().filter(end -> wanted.test(end.getValue())).findFirst();
  }

  /** What a rank says of itself is clearer than what the tracker says of it. */
  private Optional<Map.Entry<Child, Integer>> firstRank(IntPredicate wanted) {
    return ended.entrySet().stream()
        .filter(end -> end.getKey() != tracker && wanted.test(end.getValue()))
        .findFirst();
  }

  private Optional<Verdict> missingRanks() {
    if (missing.isEmpty()) {
      return Optional.empty();
    }
    String cause =
        missing.stream().map(this::name).collect(Collectors.joining(", "))
            + " did not come to the tracker at "
            + gate
            + " within "
            + job.deadline().toSeconds()
            + " s";
    boolean here = ranks.keySet().containsAll(missing);
    return Optional.of(new Verdict(here ? RankExit.TRY_AGAIN : RankExit.REQUEST_WRONG, cause));
  }

  private String name(int rank) {
    Child child = ranks.get(rank);
    return child == null ? "rank " + rank : child.name();
  }

  private Optional<Verdict> silence() {
    List<String> names = new ArrayList<>();
    if (trackerSilent && tracker != null) {
      names.add(tracker.name());
    }
    silent.forEach(rank -> names.add(name(rank)));
    return names.isEmpty()
        ? Optional.empty()
        : Optional.of(
            new Verdict(
                RankExit.TRY_AGAIN,
                String.join(", ", names)
                    + (names.size() == 1 ? " does" : " do")
                    + " not answer any more"));
  }

  /** What rank 0 said was seen already; and where nothing has begun no log is kept. */
  private Verdict failed(Map.Entry<Child, Integer> end) {
    Child child = end.getKey();
    int code = end.getValue();
    if (child == ranks.get(0)) {
      return new Verdict(code, "");
    }
    String what = child.name() + " " + RankExit.words(code);
    return new Verdict(
        code,
        code == RankExit.REQUEST_WRONG
            ? what + ":\n" + String.join("\n", child.complaints())
            : what + words(child));
  }

  private static Verdict again(Child child, String what) {
    return new Verdict(RankExit.TRY_AGAIN, child.name() + " " + what + words(child));
  }

  private static String words(Child child) {
    List<String> lines = child.lastWords();
    return (lines.isEmpty() ? "" : "; its log ends with:\n  " + String.join("\n  ", lines) + "\n")
        + (lines.isEmpty() ? "; its log is " : "  in ")
        + child.log();
  }
}
