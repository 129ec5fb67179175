package dev.counterpoint.strategies.launch;

import java.io.IOException;
import java.util.function.Consumer;

/**
 * The commands of ranks, with their environment except for the variables of {@link
 * RankEnvironment}, and their tracker.
 */
public interface Programs {
  /** The command of a rank. */
  ProcessBuilder rank(int rank) throws IOException;

  /**
   * Starts the tracker of an attempt.
   *
   * @param events receives its events, from several threads
   * @throws LaunchException if it cannot listen at its address
   */
  Tracker tracker(Job.TrackerPlan plan, int worldSize, Consumer<TrackerEvent> events);

  /** The name of a rank in messages and logs. */
  default String name(int rank) {
    return "rank " + rank;
  }
}
