package dev.counterpoint.strategies.distributed;

import dev.counterpoint.core.settings.Checks;
import java.time.Duration;

/**
 * Settings to join the ring of one attempt.
 *
 * @param rank of this process, from 0
 * @param worldSize number of processes
 * @param trackerHost host of the {@link RingTracker} of this attempt
 * @param trackerPort its port
 * @param deadline maximum time that a call waits for another process; whole seconds, and longer
 *     than any work that one process does while the others wait
 */
public record Membership(
    int rank, int worldSize, String trackerHost, int trackerPort, Duration deadline) {
  public Membership {
    new Checks()
        .positive("worldSize", worldSize)
        .that(rank >= 0 && rank < worldSize, "rank", rank, "must be from 0 to " + (worldSize - 1))
        .that(!trackerHost.isBlank(), "trackerHost", '"' + trackerHost + '"', "names no machine")
        .within("trackerPort", trackerPort, 1, 65_535)
        .that(deadline.toSeconds() >= 1, "deadline", deadline, "must be at least one second")
        .verify();
  }
}
