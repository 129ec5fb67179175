package dev.counterpoint.strategies.launch;

import java.io.IOException;

/** Observes an {@link Attempt}. All methods are called by the thread that runs the attempt. */
public interface AttemptListener {
  /**
   * Returns the tracker address for the ranks.
   *
   * @param known the address of the tracker that was started here, else the tracker address of the
   *     job
   */
  default Address trackerAddress(Address known) {
    return known;
  }

  /** Receives an event of the tracker that was started here. */
  default void onTrackerEvent(TrackerEvent event) {}

  /** Is called at least every 200 ms while the processes run; an exception ends the attempt. */
  default void onTick() throws IOException, InterruptedException {}
}
