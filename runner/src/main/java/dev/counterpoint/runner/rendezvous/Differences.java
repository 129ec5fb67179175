package dev.counterpoint.runner.rendezvous;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * What the ranks of a run must have in common: says in what they do not agree, and which of them.
 */
final class Differences {
  private static final int MOST = 10;
  private static final int LONGEST = 60; // characters of a value
  private static final int AROUND = 20; // characters before and behind where they begin to differ
  private static final String ABSENT = "absent";

  private Differences() {}

  /**
   * Compares code, settings and data.
   *
   * @param ranks all, in their order
   * @return nothing where all agree
   */
  static Optional<String> inFacts(Collection<Member> ranks) {
    Map<Integer, Map<String, String>> byRank = new TreeMap<>();
    ranks.forEach(member -> byRank.put(member.rank(), member.facts().values()));
    return among(byRank);
  }

  /**
   * Compares whether they see what the first of them has written.
   *
   * @param ranks all, in their order
   * @return nothing where all do
   */
  static Optional<String> inSight(Collection<Member> ranks) {
    List<Member> blind = ranks.stream().filter(Member::isBlind).toList();
    if (blind.isEmpty()) {
      return Optional.empty();
    }
    return Optional.of(
        "The run directory must be the same for all ranks, on a file system that all see. What"
            + " rank 0 has written into "
            + ranks.iterator().next().facts().directory()
            + " is not seen by "
            + blind.stream()
                .map(member -> "rank " + member.rank() + " in " + member.facts().directory())
                .collect(Collectors.joining(", "))
            + ".");
  }

  static Optional<String> among(Map<Integer, Map<String, String>> byRank) {
    TreeSet<String> names = new TreeSet<>();
    byRank.values().forEach(values -> names.addAll(values.keySet()));
    List<String> lines = new ArrayList<>();
    for (String name : names) {
      Map<String, List<Integer>> ranks = new LinkedHashMap<>();
      byRank.forEach(
          (rank, values) ->
              ranks
                  .computeIfAbsent(values.getOrDefault(name, ABSENT), value -> new ArrayList<>())
                  .add(rank));
      if (ranks.size() > 1) {
        lines.add(line(name, ranks));
      }
    }
    return lines.isEmpty() ? Optional.empty() : Optional.of(text(lines));
  }

  private static String text(List<String> lines) {
    List<String> shown = new ArrayList<>(lines.subList(0, Math.min(MOST, lines.size())));
    if (shown.size() < lines.size()) {
      shown.add("and in " + (lines.size() - shown.size()) + " things more");
    }
    return "The ranks do not agree, so they cannot train one model:\n" + String.join("\n", shown);
  }

  private static String line(String name, Map<String, List<Integer>> ranks) {
    int common = common(ranks.keySet());
    return ranks.entrySet().stream()
        .map(entry -> shown(entry.getKey(), common) + " on " + ranks(entry.getValue()))
        .collect(Collectors.joining(", ", name + " is ", ""));
  }

  /** How many characters all values begin with. */
  private static int common(Collection<String> values) {
    String one = values.iterator().next();
    int length = one.length();
    for (String value : values) {
      length = Math.min(length, mismatch(one, value));
    }
    return length;
  }

  /** The index of the first character that differs; the length where none does. */
  private static int mismatch(String one, String other) {
    int shorter = Math.min(one.length(), other.length());
    int i = 0;
    while (i < shorter && one.charAt(i) == other.charAt(i)) {
      i++;
    }
    return i;
  }

  /** Of a long value the part where it begins to differ from the others. */
  private static String shown(String value, int common) {
    String text = value.isEmpty() ? "empty" : value;
    if (text.length() <= LONGEST) {
      return text;
    }
    int begin = common + AROUND < LONGEST ? 0 : common - AROUND;
    int end = Math.min(text.length(), begin + LONGEST);
    return (begin == 0 ? "" : "...")
        + text.substring(begin, end)
        + (end == text.length() ? "" : "...");
  }

  /** As {@code rank 1} or {@code ranks 0, 2}. */
  static String ranks(List<Integer> ranks) {
    return (ranks.size() == 1 ? "rank " : "ranks ")
        + ranks.stream().map(String::valueOf).collect(Collectors.joining(", "));
  }
}
