package dev.counterpoint.strategies.distributed;

import java.nio.ByteBuffer;

/** The bytes that a rank receives from the rank before it while it sends to the next. */
interface Exchange {
  /** The bytes that can be sent now; empty if they depend on bytes to be received. */
  ByteBuffer outgoing();

  /** The buffer to read the next bytes into; no space remains when all bytes were received. */
  ByteBuffer incoming();

  /** Counts bytes of the last {@link #outgoing} that were sent. */
  default void sent(int count) {}

  /** Processes bytes that were received into the last {@link #incoming}. */
  default void received(int count) {}

  /** Whether all bytes were sent and received. */
  default boolean isDone() {
    return !outgoing().hasRemaining() && !incoming().hasRemaining();
  }
}
