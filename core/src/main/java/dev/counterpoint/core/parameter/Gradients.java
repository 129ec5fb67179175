package dev.counterpoint.core.parameter;

import java.util.List;

/** The gradients that have gathered in a model's trainable parameters. */
public final class Gradients implements AutoCloseable {
  public Gradients(List<Parameter> parameters) {}

  /** Multiplies every gradient. */
  public void scale(double factor) {}

  /** The 2-norm over all gradients together. */
  public double norm() {
    return 0;
  }

  /** Forgets every gradient, so that the next step starts anew. */
  public void clear() {}

  @Override
  public void close() {}
}
