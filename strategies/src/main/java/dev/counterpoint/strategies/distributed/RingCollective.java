package dev.counterpoint.strategies.distributed;

import dev.counterpoint.core.distributed.Collective;
import dev.counterpoint.core.internal.storage.IoFailure;
import dev.counterpoint.strategies.launch.Address;
import dev.counterpoint.strategies.launch.RankExit;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Ring collective over TCP. An all-reduce is that of {@link RingAllReduce}; a broadcast passes
 * through all ranks, which forward each byte as soon as they have it; an all-gather sends each part
 * once to every other process. All connections are authenticated. A process cannot recover from the
 * loss of another: it prints one line on standard error and exits with code {@link RankExit#RETRY},
 * and the launcher restarts all ranks from a checkpoint.
 */
public final class RingCollective implements Collective {
  private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

  private final Membership membership;
  private final Consumer<String> onLoss;
  private final RingAllReduce.Scratch scratch = new RingAllReduce.Scratch();
  private @Nullable RingLinks links;
  private long exchangeNanos;

  private RingCollective(Membership membership, Consumer<String> onLoss) {
    this.membership = membership;
    this.onLoss = onLoss;
  }

  /**
   * Joins the ring and waits for the other ranks. On failure the process exits.
   *
   * @param listener of this rank
   * @param next the address of the listener of the next rank
   */
  public static RingCollective join(Membership membership, RingListener listener, Address next) {
    return join(membership, listener, next, RingCollective::halt);
  }

  /**
   * Joins the ring.
   *
   * @param onLoss receives the message about a lost rank; the operation then throws
   */
  static RingCollective join(
      Membership membership, RingListener listener, Address next, Consumer<String> onLoss) {
    RingCollective ring = new RingCollective(membership, onLoss);
    if (membership.worldSize() > 1) {
      ring.timed(
          "joining the ring", () -> ring.links = RingLinks.connect(membership, listener, next));
    }
    return ring;
  }

  /** Halts without shutdown hooks, which could wait for the other ranks. */
  private static void halt(String message) {
    System.err.println(message);
    System.err.flush();
    Runtime.getRuntime().halt(RankExit.RETRY);
  }

  @Override
  public int rank() {
    return membership.rank();
  }

  @Override
  public int worldSize() {
    return membership.worldSize();
  }

  @Override
  public void allReduce(ByteBuffer numbers) {
    allReduce(List.of(numbers));
  }

  @Override
  public void allReduce(List<ByteBuffer> buckets) {
    buckets.forEach(RingCollective::check);
    long bytes = buckets.stream().mapToLong(ByteBuffer::remaining).sum();
    if (worldSize() > 1) {
      run("all-reducing " + bytes + " bytes", new RingAllReduce(buckets, membership, scratch));
    }
  }

  @Override
  public void broadcast(ByteBuffer bytes) {
    check(bytes);
    ByteBuffer outgoing = membership.next() == 0 ? NOTHING : bytes.slice();
    ByteBuffer incoming = rank() == 0 ? NOTHING : bytes.slice();
    boolean forwards = rank() != 0 && membership.next() != 0;
    run(
        "broadcasting " + bytes.remaining() + " bytes",
        new Exchange() {
          @Override
          public ByteBuffer outgoing() {
            return forwards ? outgoing.limit(incoming.position()) : outgoing;
          }

          @Override
          public ByteBuffer incoming() {
            return incoming;
          }
        });
  }

  private static void check(ByteBuffer buffer) {
    if (!buffer.isDirect() || buffer.order() != ByteOrder.nativeOrder()) {
      throw new IllegalArgumentException("The buffer must be direct, and in native order.");
    }
  }

  @Override
  public List<byte[]> allGather(byte[] own) {
    RingAllGather gather = new RingAllGather(own, membership);
    run("all-gathering " + own.length + " bytes", gather);
    return gather.parts();
  }

  private void run(String act, Exchange exchange) {
    timed(
        act,
        () -> {
          if (links != null) {
            links.run(exchange);
          }
        });
  }

  /** Communication that may fail. */
  @FunctionalInterface
  private interface Communication {
    void run() throws IOException;
  }

  private void timed(String act, Communication communication) {
    long begin = System.nanoTime();
    try {
      communication.run();
    } catch (IOException e) {
      int lost = e instanceof RankLost known ? known.rank() : membership.previous();
      String message =
          "rank %s of %s lost the connection to rank %s while %s: %s. This rank ends with code %s."
              .formatted(rank(), worldSize(), lost, act, IoFailure.of(e), RankExit.RETRY);
      onLoss.accept(message);
      throw new UncheckedIOException(message, e);
    }
    exchangeNanos += System.nanoTime() - begin;
  }

  @Override
  public double exchangeSeconds() {
    return exchangeNanos * 1e-9;
  }

  /** Leaves the ring. All that was sent still reaches the next rank. */
  @Override
  public void close() {
    try {
      if (links != null) {
        links.close();
      }
    } catch (IOException e) {
      // All exchanges are done.
    }
    links = null;
  }
}
