package dev.counterpoint.runner.rendezvous;

import java.util.List;

/** Who wants to know what happens at a gate. */
public interface GateEvents {
  /** All ranks agree and were told where the ring is. */
  void begun();

  /** The time is over and some ranks have not come. */
  void missing(List<Integer> ranks);

  /** A rank has said that it fails for a reason of its own; others may do so after it. */
  void failed(int rank);

  /**
   * A rank is gone that had not said that it would go.
   *
   * @param silent whether it is still connected and does not answer, as a process does that was
   *     stopped
   */
  void lost(int rank, boolean silent);
}
