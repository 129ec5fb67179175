package dev.counterpoint.runner.bench;

import dev.counterpoint.core.data.HostBatch;
import java.io.IOException;
import java.util.function.Consumer;
import java.util.function.IntFunction;

/** An implementation that takes part in the benchmark. Contenders run in alternating turns. */
public interface Contender extends AutoCloseable {
  /**
   * Runs a number of steps.
   *
   * @return the duration of each step in seconds
   */
  double[] train(int steps) throws IOException;

  /**
   * Times steps.
   *
   * @param batches creates the batch of a step; not timed
   * @return seconds per step
   */
  static double[] timed(int steps, IntFunction<HostBatch> batches, Consumer<HostBatch> step) {
    double[] seconds = new double[steps];
    for (int i = 0; i < steps; i++) {
      HostBatch batch = batches.apply(i);
      long start = System.nanoTime();
      step.accept(batch);
      seconds[i] = (System.nanoTime() - start) * 1e-9;
    }
    return seconds;
  }

  @Override
  void close();

  /** The available contenders, in the order of the table. */
  enum Kind {
    COUNTERPOINT,
    BARE,
    EASYTRAIN,
    PYTORCH
  }
}
