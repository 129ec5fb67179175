package dev.counterpoint.strategies.launch;

import dev.counterpoint.strategies.internal.network.Secret;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/**
 * The processes that one launcher starts and supervises.
 *
 * @param logs the folder of the logs
 */
public record Job(LocalRanks ranks, TrackerPlan tracker, Path logs) {
  /**
   * The ranks that this launcher starts.
   *
   * @param worldSize ranks of the run, on all machines
   * @param ranks that this launcher starts
   * @param firstLocalRank the local rank of the first of them; other ranks of this machine may have
   *     another launcher
   */
  public record LocalRanks(int worldSize, List<Integer> ranks, int firstLocalRank) {}

  /**
   * Settings of the tracker of each attempt.
   *
   * @param address where it listens; port 0 for any free port
   * @param local whether this launcher starts the tracker
   * @param deadline after which a process that does not respond is lost
   */
  public record TrackerPlan(Address address, boolean local, Secret secret, Duration deadline) {}

  int worldSize() {
    return ranks.worldSize();
  }

  Duration deadline() {
    return tracker.deadline();
  }
}
