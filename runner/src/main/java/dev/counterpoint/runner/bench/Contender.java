package dev.counterpoint.runner.bench;

import java.io.IOException;

/** Somebody who trains the encoder. All take part in turns, and rest in between. */
public interface Contender extends AutoCloseable {
  /**
   * Trains for some steps.
   *
   * @return the seconds that each of them took
   */
  double[] train(int steps) throws IOException;

  @Override
  void close();

  /** Who there is, in the order of the table. */
  enum Kind {
    COUNTERPOINT,
    BARE,
    EASYTRAIN,
    PYTORCH
  }
}
