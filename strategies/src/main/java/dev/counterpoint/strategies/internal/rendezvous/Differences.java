package dev.counterpoint.strategies.internal.rendezvous;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** Compares the fingerprints of all ranks, and describes the differences for the user. */
final class Differences {
  private static final int MAX_LINES = 10;
  private static final int MAX_VALUE = 60; // characters
  private static final int CONTEXT = 20; // characters in front of the first difference
  private static final String ABSENT = "absent";

  private Differences() {}

  /**
   * Compares code, settings and data.
   *
   * @param ranks all, in their order
   * @return empty if all agree
   */
  static Optional<String> inFingerprints(Collection<Peer> ranks) {
    Map<Integer, Map<String, String>> byRank = new TreeMap<>();
    ranks.forEach(peer -> byRank.put(peer.rank(), peer.fingerprint().values()));
    return among(byRank);
  }

  /**
   * Compares the run directories: all ranks must see the file of rank 0.
   *
   * @param ranks all, in their order
   * @return empty if all see the file
   */
  static Optional<String> inDirectories(Collection<Peer> ranks) {
    List<Peer> blind = ranks.stream().filter(peer -> !peer.seesMark()).toList();
    if (blind.isEmpty()) {
      return Optional.empty();
    }
    return Optional.of(
        "All ranks must share the run directory. The file that rank 0 has written into "
            + ranks.iterator().next().fingerprint().directory()
            + " is not visible to "
            + blind.stream()
                .map(peer -> "rank " + peer.rank() + " in " + peer.fingerprint().directory())
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
    List<String> shown = new ArrayList<>(lines.subList(0, Math.min(MAX_LINES, lines.size())));
    if (shown.size() < lines.size()) {
      shown.add("and " + (lines.size() - shown.size()) + " more differences");
    }
    return "The ranks do not agree, so they cannot train one model:\n" + String.join("\n", shown);
  }

  private static String line(String name, Map<String, List<Integer>> ranks) {
    int common = common(ranks.keySet());
    return ranks.entrySet().stream()
        .map(entry -> shown(entry.getKey(), common) + " on " + ranks(entry.getValue()))
        .collect(Collectors.joining(", ", name + " is ", ""));
  }

  /** The length of the common prefix of all values. */
  private static int common(Collection<String> values) {
    String one = values.iterator().next();
    int length = one.length();
    for (String value : values) {
      int mismatch = Arrays.mismatch(one.toCharArray(), value.toCharArray());
      length = mismatch < 0 ? length : Math.min(length, mismatch);
    }
    return length;
  }

  /** A value for a message; of a long value only the part around the first difference. */
  private static String shown(String value, int common) {
    String text = value.isEmpty() ? "empty" : value;
    if (text.length() <= MAX_VALUE) {
      return text;
    }
    int begin = common + CONTEXT < MAX_VALUE ? 0 : common - CONTEXT;
    int end = Math.min(text.length(), begin + MAX_VALUE);
    return (begin == 0 ? "" : "...")
        + text.substring(begin, end)
        + (end == text.length() ? "" : "...");
  }

  /** Ranks for a message, as {@code rank 1} or {@code ranks 0, 2}. */
  static String ranks(List<Integer> ranks) {
    return (ranks.size() == 1 ? "rank " : "ranks ")
        + ranks.stream().map(String::valueOf).collect(Collectors.joining(", "));
  }
}
