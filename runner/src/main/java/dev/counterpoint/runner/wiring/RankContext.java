package dev.counterpoint.runner.wiring;

/**
 * The rank of this process.
 *
 * @param rank from 0
 * @param localRank the number of this rank on its machine, from 0: {@code device: gpu} is the GPU
 *     with that number
 */
public record RankContext(int rank, int localRank) {
  /** The only process of its run. */
  public static RankContext singleProcess() {
    return new RankContext(0, 0);
  }

  /** Whether this process writes the run directory and the terminal. */
  public boolean isRankZero() {
    return rank == 0;
  }
}
