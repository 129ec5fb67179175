package dev.counterpoint.runner.plan;

import dev.counterpoint.core.distributed.Collective;
import java.util.List;
import java.util.stream.Stream;

/**
 * Predicted time of a training step on several machines of this kind, each with one rank, connected
 * by 10 Gbit/s. The cost model of the exchange is that of {@code docs/scaling.md}.
 *
 * @param ranks the number of ranks
 * @param step seconds for a step
 * @param exchange the part of it for the exchange of the gradients, in seconds
 * @param speedup how many times as fast as one rank
 */
record Scaling(int ranks, double step, double exchange, double speedup) {
  private static final double LATENCY = 1e-4; // seconds for a round of the ring
  private static final double PER_BYTE = 0.8e-9; // seconds, at 10 Gbit/s

  /**
   * Predicts the steps of 2, 4 and 8 ranks.
   *
   * @param step seconds for a step on one rank
   * @param bytes the bytes of the gradients
   */
  static List<Scaling> of(double step, long bytes, int batchSize) {
    return Stream.of(2, 4, 8)
        .filter(ranks -> ranks <= batchSize)
        .map(
            ranks -> {
              double rounds = Math.ceil((double) bytes / Collective.bucketBytes(ranks));
              double exchange =
                  rounds * (2 * ranks - 2) * LATENCY
                      + (2 * ranks - 2.0) / ranks * bytes * PER_BYTE
                      + (ranks - 1) * LATENCY;
              double time = step / ranks + exchange;
              return new Scaling(ranks, time, exchange, step / time);
            })
        .toList();
  }
}
