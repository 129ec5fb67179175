package dev.counterpoint.strategies.launch;

import java.io.IOException;
import java.time.Duration;

/**
 * The commands of ranks and tracker, with their environment, except for the variables of {@link
 * RankEnvironment}.
 */
public interface Programs {
  /** The command of a rank. */
  ProcessBuilder rank(int rank) throws IOException;

  /** The command of the tracker. */
  ProcessBuilder tracker(Address address, int worldSize, Duration deadline) throws IOException;

  /** The name of a rank in messages and logs. */
  default String name(int rank) {
    return "rank " + rank;
  }
}
