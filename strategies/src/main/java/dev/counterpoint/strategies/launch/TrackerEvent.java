package dev.counterpoint.strategies.launch;

import java.util.List;

/**
 * An event of a {@link Tracker}.
 *
 * @param ranks that it is about; may be empty
 */
public record TrackerEvent(Kind kind, List<Integer> ranks) {
  /** The kind of the event. */
  public enum Kind {
    /** All ranks have joined and agree. */
    BEGUN,
    /** Ranks have not joined in time. */
    MISSING,
    /** A rank has failed by itself; other ranks may fail because of it. */
    FAILED,
    /** A rank has disconnected. */
    LOST,
    /** A rank is connected but does not respond, as a suspended process. */
    SILENT,
    /** All ranks have finished their work. */
    DONE
  }
}
