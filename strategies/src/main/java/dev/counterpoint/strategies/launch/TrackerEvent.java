package dev.counterpoint.strategies.launch;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * An event of the tracker, which is one line of its standard output.
 *
 * @param ranks that it is about; may be empty
 * @param address of {@link Kind#LISTENING}; otherwise {@link Address#LOOPBACK}
 */
public record TrackerEvent(Kind kind, List<Integer> ranks, Address address) {
  /** What has happened. */
  public enum Kind {
    /** The tracker accepts ranks at its address. */
    LISTENING,
    /** The tracker is alive. */
    ALIVE,
    /** All ranks have joined and agree. */
    BEGUN,
    /** Ranks have not joined in time. */
    MISSING,
    /** A rank fails for its own reason; other ranks may fail because of it. */
    FAILED,
    /** A rank has disconnected. */
    LOST,
    /** A rank is connected but does not respond, as a suspended process. */
    SILENT
  }

  /** The event {@link Kind#LISTENING}. */
  public static TrackerEvent listening(Address address) {
    return new TrackerEvent(Kind.LISTENING, List.of(), address);
  }

  /** Another event. */
  public static TrackerEvent of(Kind kind, List<Integer> ranks) {
    return new TrackerEvent(kind, ranks, Address.LOOPBACK);
  }

  /** The event as a line; {@link #parse} is the inverse. */
  public String toLine() {
    String name = kind.name().toLowerCase(Locale.ROOT);
    return kind == Kind.LISTENING
        ? name + " " + address
        : ranks.stream().map(rank -> " " + rank).collect(Collectors.joining("", name, ""));
  }

  /** Parses a line; empty if it is not an event. */
  static Optional<TrackerEvent> parse(String line) {
    List<String> words = List.of(line.split(" ", -1));
    List<String> arguments = words.subList(1, words.size());
    try {
      return Stream.of(Kind.values())
          .filter(kind -> kind.name().toLowerCase(Locale.ROOT).equals(words.get(0)))
          .findFirst()
          .map(
              kind ->
                  kind == Kind.LISTENING
                      ? listening(Address.parse("the tracker", String.join(" ", arguments)))
                      : of(kind, arguments.stream().map(Integer::valueOf).toList()));
    } catch (NumberFormatException | LaunchException e) {
      return Optional.empty();
    }
  }
}
