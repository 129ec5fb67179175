package dev.counterpoint.strategies.distributed;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;

/**
 * Ring all-gather of parts of any length: each rank sends its own part, then forwards what it
 * receives. A part follows its length (4 bytes, big-endian).
 */
final class RingAllGather implements Exchange {
  private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

  private final byte[][] parts;
  private final int rank;
  private final Deque<ByteBuffer> waiting = new ArrayDeque<>();
  private ByteBuffer outgoing;
  private ByteBuffer incoming = NOTHING;
  private int received;

  /** An all-gather that has not begun. */
  RingAllGather(byte[] own, Membership membership) {
    rank = membership.rank();
    parts = new byte[membership.worldSize()][];
    parts[rank] = own;
    outgoing = NOTHING;
    if (parts.length > 1) {
      outgoing = ByteBuffer.allocate(Integer.BYTES + own.length).putInt(own.length).put(own).flip();
      incoming = ByteBuffer.allocate(Integer.BYTES);
    }
  }

  @Override
  public ByteBuffer outgoing() {
    if (!outgoing.hasRemaining() && !waiting.isEmpty()) {
      outgoing = waiting.remove();
    }
    return outgoing;
  }

  @Override
  public ByteBuffer incoming() {
    return incoming;
  }

  @Override
  public void received(int count) {
    if (incoming.hasRemaining()) {
      return;
    }
    int length = incoming.getInt(0);
    if (incoming.capacity() < Integer.BYTES + length) {
      incoming = ByteBuffer.allocate(Integer.BYTES + length).putInt(length);
      return;
    }
    byte[] part = Arrays.copyOfRange(incoming.array(), Integer.BYTES, incoming.capacity());
    parts[Math.floorMod(rank - ++received, parts.length)] = part;
    if (received < parts.length - 1) { // The last is the next rank's own part.
      waiting.add(incoming.flip());
      incoming = ByteBuffer.allocate(Integer.BYTES);
    }
  }

  /** The parts by rank; complete when the exchange is done. */
  List<byte[]> parts() {
    return Arrays.asList(parts);
  }
}
