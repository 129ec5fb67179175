package dev.counterpoint.runner.rendezvous;

import java.time.Duration;

/**
 * How long the two sides of a gate wait for each other.
 *
 * <p>Silence is counted in turns of waiting, and not read off a clock: who was stopped himself, as
 * by Ctrl-Z, finds one turn without a word when he goes on, and not the end of the other side.
 *
 * @param deadline within which a side that does not answer any more is noticed
 * @param joining within which all ranks must have come
 */
public record Timing(Duration deadline, Duration joining) {
  /** Turns without a word that end a connection: three quarters of the deadline. */
  static final int SILENT_TURNS = 3;

  private static final int TURNS = 4;
  private static final int BEATS = 12; // three a turn

  int turnMillis() {
    return Math.toIntExact(Math.max(1, deadline.toMillis() / TURNS));
  }

  /** Milliseconds between two signs of life. */
  public long beatMillis() {
    return Math.max(1, deadline.toMillis() / BEATS);
  }
}
