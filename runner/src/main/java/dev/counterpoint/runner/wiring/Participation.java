package dev.counterpoint.runner.wiring;

import dev.counterpoint.core.training.Collective;

/**
 * The rank of a process in its run, and its connection to the other ranks.
 *
 * @param rank of this process, from 0
 * @param localRank rank among the processes on this machine, from 0: {@code device: gpu} is the GPU
 *     of that number
 * @param joining connects the process to the others
 */
public record Participation(int rank, int localRank, Joining joining) {
  /** Joins the other processes of a run, once the data is open. */
  @FunctionalInterface
  public interface Joining {
    /**
     * Waits until all are there.
     *
     * @param run what this process trains
     * @param fingerprint of its data; all must have the same
     * @return closed by the strategy
     * @throws dev.counterpoint.core.settings.InvalidSettings where they do not fit each other
     */
    Collective join(Run run, String fingerprint);
  }

  /** The only process of its run. */
  public static Participation alone() {
    return new Participation(0, 0, (run, fingerprint) -> Collective.singleProcess());
  }

  /** Whether this is rank 0, which writes the run directory and prints to the terminal. */
  public boolean isRankZero() {
    return rank == 0;
  }
}
