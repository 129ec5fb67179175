package dev.counterpoint.strategies.distributed;

import java.io.IOException;
import java.time.Duration;

/** The loss of the connection to another rank. */
final class RankLost extends IOException {
  private static final long serialVersionUID = 1L;

  private final int rank;

  /**
   * A loss.
   *
   * @param cause a sentence without a full stop
   */
  RankLost(int rank, String cause) {
    super(cause);
    this.rank = rank;
  }

  /** A connection that was closed. */
  static RankLost closed(int rank) {
    return new RankLost(
        rank,
        "that process has ended or was killed (its own output has the cause), or the network"
            + " between the machines is interrupted");
  }

  /** A connection that is open, but transfers nothing. */
  static RankLost silent(int rank, Duration deadline) {
    return new RankLost(
        rank,
        "that process did not send or receive data for %s s; it may be suspended or overloaded, or the network between the machines is interrupted"
            .formatted(deadline.toSeconds()));
  }

  /** A connection that ended because this process was interrupted. */
  static RankLost interrupted(int rank) {
    return new RankLost(rank, "this process was interrupted");
  }

  /** The rank that was lost. */
  int rank() {
    return rank;
  }
}
