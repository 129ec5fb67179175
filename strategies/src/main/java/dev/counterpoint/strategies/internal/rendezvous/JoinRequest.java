package dev.counterpoint.strategies.internal.rendezvous;

/**
 * The first message of a rank.
 *
 * @param rank from 0
 * @param worldSize the number of ranks that this one was configured with
 * @param process its process id
 */
public record JoinRequest(int rank, int worldSize, long process) {
  static final String TYPE = "join";

  /** The request of this process. */
  public static JoinRequest of(int rank, int worldSize) {
    return new JoinRequest(rank, worldSize, ProcessHandle.current().pid());
  }
}
