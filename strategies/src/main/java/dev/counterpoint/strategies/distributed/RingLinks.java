package dev.counterpoint.strategies.distributed;

import dev.counterpoint.core.internal.storage.IoFailure;
import dev.counterpoint.strategies.internal.network.AuthenticatedConnection;
import dev.counterpoint.strategies.internal.network.Daemon;
import dev.counterpoint.strategies.internal.network.DataChannel;
import dev.counterpoint.strategies.launch.Address;
import java.io.Closeable;
import java.io.EOFException;
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
          membership, DataChannel.of(receiving, false), DataChannel.of(sending, true));
    } catch (TimeoutException e) {
      throw RankLost.silent(membership.previous(), membership.deadline());
    } catch (InterruptedException e) {
      throw RankLost.interrupted(membership.previous());
    } catch (ExecutionException e) {
      throw new IllegalStateException(e); // The listener completes it with connections alone.
    }
  }

  /** Connects to the next rank; retries if unauthenticated clients displace the connection. */
  private static AuthenticatedConnection connect(Membership membership, Address next, long until)
      throws IOException {
    while (true) {
      try {
        AuthenticatedConnection connection =
            AuthenticatedConnection.connect(
                next.resolved(),
                membership.protocol(membership.next()),
                membership.secret(),
                CONNECT);
        connection.send(new byte[] {1}); // the confirmation for the listener
        return connection;
      } catch (ClosedByInterruptException e) {
        throw RankLost.interrupted(membership.next());
      } catch (IOException e) {
        if (e instanceof AuthenticatedConnection.AuthenticationException
            || System.nanoTime() > until) {
          throw new RankLost(membership.next(), next + ": " + IoFailure.of(e));
        }
        Daemon.pause(RETRY_MILLIS); // An interrupt closes the next connection.
      }
    }
  }

  /**
   * Sends and receives all bytes of an exchange.
   *
   * @throws RankLost if a connection is closed, or transfers nothing for the deadline
   */
  void run(Exchange exchange) throws IOException {
    long progress = System.nanoTime();
    int peer = membership.next();
    try {
      while (!exchange.isDone()) {
        peer = membership.next();
        int sent = send(exchange);
        peer = membership.previous();
        if (sent + receive(exchange) > 0) {
          progress = System.nanoTime();
        } else {
          peer = exchange.incoming().hasRemaining() ? peer : membership.next();
          await(exchange, peer, progress + membership.deadline().toNanos() - System.nanoTime());
        }
      }
    } catch (RankLost e) {
      throw e;
    } catch (ClosedByInterruptException e) {
      throw RankLost.interrupted(peer);
    } catch (IOException e) {
      throw RankLost.closed(peer);
    }
  }

  private int send(Exchange exchange) throws IOException {
    ByteBuffer bytes = exchange.outgoing();
    int count = bytes.hasRemaining() ? next.write(bytes) : 0;
    exchange.sent(count);
    return count;
  }

  private int receive(Exchange exchange) throws IOException {
    ByteBuffer bytes = exchange.incoming();
    int count = bytes.hasRemaining() ? previous.read(bytes) : 0;
    if (count < 0) {
      throw new EOFException();
    } else if (count > 0) {
      exchange.received(count);
    }
    return count;
  }

  /** Waits until a byte can be sent or received. */
  private void await(Exchange exchange, int peer, long nanos) throws IOException {
    if (nanos <= 0) {
      throw RankLost.silent(peer, membership.deadline());
    }
    readable.interestOps(exchange.incoming().hasRemaining() ? SelectionKey.OP_READ : 0);
    writable.interestOps(exchange.outgoing().hasRemaining() ? SelectionKey.OP_WRITE : 0);
    selector.select(1 + TimeUnit.NANOSECONDS.toMillis(nanos));
    selector.selectedKeys().clear();
    if (Thread.currentThread().isInterrupted()) {
      throw new ClosedByInterruptException();
    }
  }

  @Override
  public void close() throws IOException {
    selector.close();
    next.close();
    previous.close();
  }
}
