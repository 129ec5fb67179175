package dev.counterpoint.strategies.distributed;

import java.time.Duration;

/**
 * Brings the processes of one attempt together into a ring, and is told when they leave it. Every
 * attempt has one of its own.
 */
public final class RingTracker implements AutoCloseable {
  private RingTracker() {}

  /**
   * Starts to listen.
   *
   * @param host an address of this machine that all ranks reach; bound to it alone
   * @param port 0 for any that is free
   * @param world processes that will come
   * @param joinDeadline how long it waits until all are there
   * @throws dev.counterpoint.core.settings.InvalidSettings where the port cannot be had
   */
  public static RingTracker start(String host, int port, int world, Duration joinDeadline) {
    throw new UnsupportedOperationException();
  }

  /** The port that it listens on. */
  public int port() {
    throw new UnsupportedOperationException();
  }

  /**
   * Waits until all processes have joined and left again.
   *
   * @throws java.io.UncheckedIOException where they did not all come within the deadline
   */
  public void await() {
    throw new UnsupportedOperationException();
  }

  @Override
  public void close() {}
}
