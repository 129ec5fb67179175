package dev.counterpoint.strategies.distributed;

import dev.counterpoint.core.settings.Checks;
import java.time.Duration;

/**
 * What a process needs to join the ring of one attempt.
 *
 * @param rank of this process, from 0
 * @param world processes
 * @param trackerHost where the {@link RingTracker} of this attempt listens
 * @param trackerPort and on which port
 * @param deadline how long a call waits for another process before the job is given up; whole
 *     seconds, and longer than anything that one process does while the others wait
 */
public record Membership(
    int rank, int world, String trackerHost, int trackerPort, Duration deadline) {
  public Membership {
    new Checks()
        .positive("world", world)
        .that(rank >= 0 && rank < world, "rank", rank, "must be from 0 to " + (world - 1))
        .that(!trackerHost.isBlank(), "trackerHost", '"' + trackerHost + '"', "names no machine")
        .within("trackerPort", trackerPort, 1, 65_535)
        .that(deadline.toSeconds() >= 1, "deadline", deadline, "must be a second or more")
        .verify();
  }
}
