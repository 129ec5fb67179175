package dev.counterpoint.strategies.internal.rendezvous;

import java.time.Duration;

/**
 * The time limits of a rendezvous. Silence is counted in turns of a quarter of the deadline.
 *
 * @param deadline after which a side that does not respond is lost
 * @param joining within which all ranks must join
 */
public record Timing(Duration deadline, Duration joining) {
  /** The number of silent turns after which a connection ends: 3/4 of the deadline. */
  static final int SILENT_TURNS = 3;

  private static final int TURNS = 4;
  private static final int HEARTBEATS = 12; // three a turn

  /** The maximum time of one read. */
  Duration turn() {
    return deadline.dividedBy(TURNS);
  }

  /** Milliseconds between two heartbeats. */
  public long heartbeatMillis() {
    return Math.max(1, deadline.toMillis() / HEARTBEATS);
  }
}
