package dev.counterpoint.runner.rendezvous;

import com.fasterxml.jackson.databind.JsonNode;
import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.core.storage.IoFailure;
import java.io.Closeable;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.UnknownHostException;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * The door to the ring of one attempt. A rank shows that it knows the secret, says which it is,
 * then what code, settings and data it has, and looks for a file that rank 0 has just written.
 * Where all agree each is told where the ring is; where not, each is told who differs in what. From
 * then on the gate listens whether the ranks live, and ends the attempt for all as soon as one does
 * not.
 */
public final class Gate implements Closeable {
  /** Connections that have not shown yet that they know the secret; more are turned away. */
  private static final int MOST_STRANGERS = 64;

  private static final long STRANGER_MILLIS = 5_000;

  private static final long RETRY_MILLIS = 20;

  private final ServerSocket server;
  private final Address address;
  private final Secret secret;
  private final Timing timing;
  private final Assembly ranks;
  private final Semaphore strangers = new Semaphore(MOST_STRANGERS);
  private final ScheduledExecutorService clock =
      Executors.newSingleThreadScheduledExecutor(task -> daemon(task, "gate clock"));

  private Gate(ServerSocket server, Address address, Secret secret, Timing timing, Assembly ranks) {
    this.server = server;
    this.address = address;
    this.secret = secret;
    this.timing = timing;
    this.ranks = ranks;
  }

  /**
   * Opens a gate.
   *
   * @param at an address of this machine; bound to it alone
   * @param ring called once, when all ranks agree: starts what they are to join
   * @throws InvalidSettings where the port is taken or the host is another machine's, or where
   *     others could reach it and there is no secret
   */
  public static Gate open(
      Address at,
      Secret secret,
      int world,
      Timing timing,
      Supplier<Address> ring,
      GateEvents events) {
    if (secret.isEmpty() && !at.isLoopback()) {
      throw new InvalidSettings(
          "The tracker at "
              + at
              + " could be reached from other machines, so a secret is needed: set"
              + " COUNTERPOINT_SECRET to the same text for all ranks, or give --secret-file.");
    }
    ServerSocket server = bind(at);
    Address bound = new Address(at.host(), server.getLocalPort());
    Assembly ranks = new Assembly(bound, world, ring, events);
    Gate gate = new Gate(server, bound, secret, timing, ranks);
    daemon(gate::accept, "gate").start();
    var unused =
        gate.clock.schedule(
            () -> ranks.joiningIsOver(timing.joining()),
            timing.joining().toMillis(),
            TimeUnit.MILLISECONDS);
    unused =
        gate.clock.scheduleWithFixedDelay(
            ranks::beat, timing.beatMillis(), timing.beatMillis(), TimeUnit.MILLISECONDS);
    return gate;
  }

  private static ServerSocket bind(Address at) {
    try {
      ServerSocket server = new ServerSocket();
      try {
        server.setReuseAddress(true); // The tracker of the attempt before had it.
        server.bind(at.resolved());
        return server;
      } catch (IOException e) {
        server.close();
        throw e;
      }
    } catch (UnknownHostException e) {
      throw new InvalidSettings("The tracker's host \"" + at.host() + "\" is not known here.");
    } catch (IOException e) {
      throw new InvalidSettings(
          "The tracker cannot listen at "
              + at
              + ": "
              + IoFailure.of(e)
              + ". Another program may have this port, or the host be another machine; rank 0 must"
              + " run on the tracker's. Choose a free port of this machine.");
    }
  }

  static Thread daemon(Runnable task, String name) {
    Thread thread = new Thread(task, name);
    thread.setDaemon(true);
    return thread;
  }

  /** Where it listens. */
  public Address address() {
    return address;
  }

  /** Ranks that it waits for. */
  int world() {
    return ranks.world();
  }

  /**
   * Waits until all is over.
   *
   * @return 0 where all ranks left as they should, 1 where one failed, 2 where they could not
   *     begin, 75 where one was lost
   */
  public int await() {
    return ranks.await();
  }

  private void accept() {
    while (!server.isClosed()) {
      try {
        Socket socket = server.accept();
        if (strangers.tryAcquire()) {
          daemon(() -> meet(socket), "gate of " + socket.getRemoteSocketAddress()).start();
        } else {
          socket.close();
        }
      } catch (IOException e) {
        // One connection that did not come about, or the gate is closed, or no descriptor is left.
        pause();
      }
    }
  }

  /** Where none can be accepted for now, asking again at once would only take a core. */
  private static void pause() {
    try {
      TimeUnit.MILLISECONDS.sleep(RETRY_MILLIS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** A connection from its first byte to its end. */
  private void meet(Socket socket) {
    try (socket) {
      boolean known;
      try {
        known = isKnown(socket);
      } finally {
        strangers.release();
      }
      if (known) {
        attend(new Wire(socket, timing.turnMillis()));
      }
    } catch (IOException e) {
      // It came and went; nobody who belongs here is waited for any less.
    }
  }

  /** The time is for the whole of it, however slowly the bytes come. */
  private boolean isKnown(Socket socket) throws IOException {
    socket.setTcpNoDelay(true);
    ScheduledFuture<?> closing;
    try {
      closing = clock.schedule(() -> close(socket), STRANGER_MILLIS, TimeUnit.MILLISECONDS);
    } catch (RejectedExecutionException e) {
      return false; // The gate is being closed.
    }
    try {
      return Handshake.asTracker(socket, secret);
    } finally {
      closing.cancel(false);
    }
  }

  private static void close(Closeable connection) {
    try {
      connection.close();
    } catch (IOException e) {
      // It is gone either way.
    }
  }

  private void attend(Wire wire) throws IOException {
    Optional<JsonNode> first = wire.read();
    if (first.isEmpty() || !Wire.type(first.get()).equals(Hello.TYPE)) {
      return;
    }
    Member member = new Member(Hello.read(first.get()), wire);
    if (ranks.admit(member)) {
      boolean silent = false;
      try {
        silent = member.listen(message -> ranks.take(member, message));
      } finally {
        ranks.gone(member, silent);
      }
    }
  }

  /** Gives those who are there a moment to read why. */
  @Override
  public void close() {
    close(server);
    ranks.dismiss();
    clock.shutdownNow();
    ranks.disconnect();
  }
}
