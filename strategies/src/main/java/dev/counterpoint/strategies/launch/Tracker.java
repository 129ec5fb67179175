package dev.counterpoint.strategies.launch;

import java.io.Closeable;

/** The rendezvous of one attempt, in the process that starts rank 0. */
public interface Tracker extends Closeable {
  /** The address at which ranks can join. */
  Address address();
}
