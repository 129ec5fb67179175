package dev.counterpoint.runner.wiring;

/**
 * The rank of this process.
 *
 * @param rank the global rank, from 0
 * @param localRank the local rank on this machine, from 0: {@code device: gpu} is the GPU with this
 *     number
 */
public record RankContext(int rank, int localRank) {
  /** The context of a run with a single process. */
  public static RankContext singleProcess() {
    return new RankContext(0, 0);
  }

  /** Whether this process is rank 0, which writes the run directory and the console output. */
  public boolean isRankZero() {
    return rank == 0;
  }
}
