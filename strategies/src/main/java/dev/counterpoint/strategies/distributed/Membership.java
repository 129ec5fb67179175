package dev.counterpoint.strategies.distributed;

import dev.counterpoint.strategies.internal.network.Secret;
import java.time.Duration;

/**
 * The place of a rank in the ring of one attempt.
 *
 * @param rank of this process, from 0
 * @param worldSize number of processes
 * @param attempt identifies the attempt; the same for all ranks
 * @param secret of all ranks
 * @param deadline maximum time without any byte from or to another process; longer than any work
 *     that one process does while the others wait
 */
public record Membership(
    int rank, int worldSize, String attempt, Secret secret, Duration deadline) {
  /** The rank that this one receives from. */
  int previous() {
    return Math.floorMod(rank - 1, worldSize);
  }

  /** The rank that this one sends to. */
  int next() {
    return (rank + 1) % worldSize;
  }

  /** The protocol name of the connection to a rank; only the rank before it has the same. */
  String protocol(int to) {
    return "ring " + attempt + " to " + to;
  }
}
