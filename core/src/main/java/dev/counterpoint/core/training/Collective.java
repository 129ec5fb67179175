package dev.counterpoint.core.training;

import dev.counterpoint.core.parameter.Gradients;

/**
 * How the processes of a run speak to each other. Every process makes the same calls in the same
 * order. The one that is alone hears itself, and that is what any other must be equal to.
 */
public interface Collective {
  /** This process, from 0. Only 0 writes files. */
  int rank();

  /** Processes. */
  int world();

  /** Adds up each gradient over the processes, in place. */
  void sum(Gradients gradients);

  /** Adds up numbers over the processes. */
  double[] sum(double... values);

  /** A process that is alone. */
  static Collective alone() {
    return new Alone();
  }

  /** The identity. */
  record Alone() implements Collective {
    @Override
    public int rank() {
      return 0;
    }

    @Override
    public int world() {
      return 1;
    }

    @Override
    public void sum(Gradients gradients) {}

    @Override
    public double[] sum(double... values) {
      return values;
    }
  }
}
