package dev.counterpoint.strategies.distributed;

import dev.counterpoint.core.storage.IoFailure;
import dev.counterpoint.strategies.launch.Address;
import dev.counterpoint.strategies.network.AuthenticatedConnection;
import dev.counterpoint.strategies.network.DataChannel;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * The two connections of a rank: it receives from the rank before it, and sends to the next. One
 * thread does both; it waits only if neither is possible.
 */
final class RingLinks implements Closeable {
  private static final Duration CONNECT = Duration.ofSeconds(2);
  private static final long RETRY_MILLIS = 50;

  private final Membership membership;
  private final DataChannel previous;
  private final DataChannel next;
  private final Selector selector = Selector.open();
  private final SelectionKey readable;
  private final SelectionKey writable;

  /** {@link System#nanoTime} of the last byte. */
  private long progress;

  private RingLinks(Membership membership, DataChannel previous, DataChannel next)
      throws IOException {
    this.membership = membership;
    this.previous = previous;
    this.next = next;
    readable = previous.register(selector);
    writable = next.register(selector);
  }

  /** Connects to the next rank, and waits for the rank before this one. */
  static RingLinks connect(Membership membership, RingListener listener, Address next)
      throws IOException {
    long until = System.nanoTime() + membership.deadline().toNanos();
    AuthenticatedConnection sending = connect(membership, next, until);
    try {
      AuthenticatedConnection receiving =
          listener.previous().get(until - System.nanoTime(), TimeUnit.NANOSECONDS);
      return new RingLinks(
          membership, DataChannel.receiving(receiving), DataChannel.sending(sending));
    } catch (TimeoutException e) {
      throw RankLost.silent(membership.previous(), membership.deadline().toNanos());
    } catch (InterruptedException e) {
      throw RankLost.interrupted(membership.previous());
    } catch (ExecutionException e) {
      throw new IllegalStateException(e); // The listener completes it with connections alone.
    }
  }

  /** Unauthenticated clients may displace a connection, so that it is tried again. */
  private static AuthenticatedConnection connect(Membership membership, Address next, long until)
      throws IOException {
    while (true) {
      try {
        return AuthenticatedConnection.connect(
            next.resolved(), membership.protocol(membership.next()), membership.secret(), CONNECT);
      } catch (ClosedByInterruptException e) {
        throw RankLost.interrupted(membership.next());
      } catch (IOException e) {
        if (e instanceof AuthenticatedConnection.AuthenticationException
            || System.nanoTime() > until) {
          throw RankLost.because(
              membership.next(), new IOException(next + ": " + IoFailure.of(e), e));
        }
        pause();
      }
    }
  }

  private static void pause() throws IOException {
    try {
      TimeUnit.MILLISECONDS.sleep(RETRY_MILLIS);
    } catch (InterruptedException e) {
      throw new ClosedByInterruptException();
    }
  }

  /**
   * Sends and receives all bytes of an exchange.
   *
   * @throws RankLost if a connection is closed, or transfers nothing for the deadline
   */
  void run(Exchange exchange) throws IOException {
    progress = System.nanoTime();
    while (!exchange.isDone()) {
      if (send(exchange) + receive(exchange) > 0) {
        progress = System.nanoTime();
      } else {
        await(exchange);
      }
    }
  }

  private int send(Exchange exchange) throws IOException {
    ByteBuffer bytes = exchange.outgoing();
    if (!bytes.hasRemaining()) {
      return 0;
    }
    try {
      int count = next.write(bytes);
      exchange.sent(count);
      return count;
    } catch (ClosedByInterruptException e) {
      throw RankLost.interrupted(membership.next());
    } catch (IOException e) {
      throw RankLost.closed(membership.next());
    }
  }

  private int receive(Exchange exchange) throws IOException {
    ByteBuffer bytes = exchange.incoming();
    if (!bytes.hasRemaining()) {
      return 0;
    }
    int count;
    try {
      count = previous.read(bytes);
    } catch (ClosedByInterruptException e) {
      throw RankLost.interrupted(membership.previous());
    } catch (IOException e) {
      throw RankLost.closed(membership.previous());
    }
    if (count < 0) {
      throw RankLost.closed(membership.previous());
    }
    exchange.received(count);
    return count;
  }

  private void await(Exchange exchange) throws IOException {
    boolean receives = exchange.incoming().hasRemaining();
    int lost = receives ? membership.previous() : membership.next();
    long left = progress + membership.deadline().toNanos() - System.nanoTime();
    if (left <= 0) {
      throw RankLost.silent(lost, membership.deadline().toNanos());
    }
    readable.interestOps(receives ? SelectionKey.OP_READ : 0);
    writable.interestOps(exchange.outgoing().hasRemaining() ? SelectionKey.OP_WRITE : 0);
    selector.select(1 + TimeUnit.NANOSECONDS.toMillis(left));
    selector.selectedKeys().clear();
    if (Thread.currentThread().isInterrupted()) {
      throw RankLost.interrupted(lost);
    }
  }

  @Override
  public void close() throws IOException {
    selector.close();
    next.close();
    previous.close();
  }
}
