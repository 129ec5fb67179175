package dev.counterpoint.runner.wiring;

import dev.counterpoint.core.training.Collective;

/**
 * How a process takes part in a run.
 *
 * @param collective how it speaks to the other processes; its strategy closes it
 * @param localRank which of the processes on this machine it is, from 0: {@code device: gpu} is the
 *     GPU of that number
 */
public record Participation(Collective collective, int localRank) {
  /** The only process of its run. */
  public static Participation alone() {
    return new Participation(Collective.alone(), 0);
  }

  /** Whether this is the process that writes the run directory and speaks to the terminal. */
  public boolean leads() {
    return collective.rank() == 0;
  }
}
