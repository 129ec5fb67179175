package dev.counterpoint.runner.bench;

import java.io.IOException;

/** An implementation that takes part in the benchmark. Contenders run in alternating turns. */
public interface Contender extends AutoCloseable {
  /**
   * Runs a number of steps.
   *
   * @return the duration of each step in seconds
   */
  double[] train(int steps) throws IOException;

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
