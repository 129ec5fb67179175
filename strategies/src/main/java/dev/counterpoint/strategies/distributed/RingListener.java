package dev.counterpoint.strategies.distributed;

import dev.counterpoint.core.internal.storage.IoFailure;
import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.strategies.internal.network.AuthenticatedConnection;
import dev.counterpoint.strategies.internal.network.AuthenticatedServer;
import dev.counterpoint.strategies.launch.Address;
import dev.counterpoint.strategies.launch.BindAddress;
import java.io.Closeable;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;

/** Listens for the rank before this one; closes after the first authenticated connection. */
public final class RingListener implements Closeable {
  private static final Duration CONFIRMATION = Duration.ofSeconds(5);

  private final CompletableFuture<AuthenticatedConnection> previous = new CompletableFuture<>();
  private final AuthenticatedServer server;
  private final Address address;

  private RingListener(Address at, Membership membership) throws IOException {
    server =
        AuthenticatedServer.bind(
            at.resolved(),
            membership.protocol(membership.rank()),
            membership.secret(),
            this::accept);
    address = new Address(at.host(), server.port());
  }

  /**
   * Listens on the first free port.
   *
   * @throws InvalidSettings if no port is free, or the address is not one of this machine
   */
  public static RingListener open(BindAddress bind, Membership membership) {
    String reason = "";
    for (int port = bind.firstPort(); port <= bind.lastPort(); port++) {
      try {
        RingListener listener = new RingListener(new Address(bind.host(), port), membership);
        listener.server.start();
        return listener;
      } catch (IOException e) {
        reason = IoFailure.of(e);
      }
    }
    throw new InvalidSettings(
        "Rank %s cannot listen at %s: %s. %s must name an address of this machine and free ports."
            .formatted(membership.rank(), bind, reason, BindAddress.VARIABLE));
  }

  /** Accepts a connection if the client confirms it: it may have given up during the handshake. */
  private void accept(AuthenticatedConnection connection) throws IOException {
    connection.setTurn(CONFIRMATION);
    if (connection.read().isPresent() && previous.complete(connection)) {
      close();
    } else {
      connection.close();
    }
  }

  /** The address for the rank before this one. */
  public Address address() {
    return address;
  }

  /** The connection of the rank before this one. */
  CompletableFuture<AuthenticatedConnection> previous() {
    return previous;
  }

  @Override
  public void close() throws IOException {
    server.close();
  }
}
