package dev.counterpoint.strategies.internal.rendezvous;

import com.fasterxml.jackson.databind.JsonNode;
import dev.counterpoint.strategies.internal.network.AuthenticatedConnection;
import dev.counterpoint.strategies.internal.network.AuthenticatedServer;
import dev.counterpoint.strategies.internal.network.Daemon;
import dev.counterpoint.strategies.internal.network.Secret;
import dev.counterpoint.strategies.launch.Address;
import dev.counterpoint.strategies.launch.Job;
import dev.counterpoint.strategies.launch.LaunchException;
import dev.counterpoint.strategies.launch.Tracker;
import dev.counterpoint.strategies.launch.TrackerEvent;
import java.io.IOException;
import java.net.UnknownHostException;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * The rendezvous of one attempt. A rank authenticates, joins, sends its {@link RunFingerprint}, and
 * looks for a file that rank 0 has just written. If all ranks agree, each receives the address of
 * the next one; otherwise each receives the differences. While the ranks train the server observes
 * their heartbeats, and ends the attempt for all ranks when one is lost.
 */
public final class RendezvousServer implements Tracker {
  private final AuthenticatedServer server;
  private final Address address;
  private final Timing timing;
  private final RendezvousSession session;
  private final ScheduledExecutorService clock =
      Executors.newSingleThreadScheduledExecutor(task -> Daemon.thread(task, "rendezvous clock"));

  /**
   * The settings of a rendezvous.
   *
   * @param address of this machine; only this interface is bound
   */
  record Settings(Address address, Secret secret, int worldSize, Timing timing) {}

  private RendezvousServer(Settings settings, Consumer<TrackerEvent> events) {
    server = bind(settings, this::serve);
    address = new Address(settings.address().host(), server.port());
    timing = settings.timing();
    session = new RendezvousSession(address, settings.worldSize(), events);
  }

  /** Starts the server of an attempt. */
  public static RendezvousServer start(
      Job.TrackerPlan plan, int worldSize, Consumer<TrackerEvent> events) {
    Timing timing = new Timing(plan.deadline(), plan.deadline());
    return start(new Settings(plan.address(), plan.secret(), worldSize, timing), events);
  }

  /**
   * Starts a server.
   *
   * @param events called by several threads
   * @throws LaunchException if the port is in use or the host is not this machine, or if other
   *     machines can connect and there is no secret
   */
  static RendezvousServer start(Settings settings, Consumer<TrackerEvent> events) {
    if (settings.secret().isEmpty() && !settings.address().isLoopback()) {
      throw LaunchException.invalid(
          ("Other machines can connect to the tracker at %s, so a secret is required: set"
                  + " COUNTERPOINT_SECRET to the same text on all ranks, or use --secret-file.")
              .formatted(settings.address()));
    }
    RendezvousServer started = new RendezvousServer(settings, events);
    started.start();
    return started;
  }

  private void start() {
    server.start();
    var unused =
        clock.schedule(
            () -> session.joiningIsOver(timing.joining(), server.refused()),
            timing.joining().toMillis(),
            TimeUnit.MILLISECONDS);
    unused =
        clock.scheduleWithFixedDelay(
            session::heartbeat,
            timing.heartbeatMillis(),
            timing.heartbeatMillis(),
            TimeUnit.MILLISECONDS);
  }

  private static AuthenticatedServer bind(Settings settings, AuthenticatedServer.Handler handler) {
    Address at = settings.address();
    try {
      return AuthenticatedServer.bind(
          at.resolved(), JsonChannel.PROTOCOL, settings.secret(), handler);
    } catch (UnknownHostException e) {
      throw LaunchException.invalid("The tracker's host \"" + at.host() + "\" is unknown.");
    } catch (IOException e) {
      throw LaunchException.invalid(
          ("The tracker cannot listen at %s: %s. The port may be in use, or the host may be"
                  + " another machine: rank 0 must run on the tracker's host. Choose a free port of"
                  + " this machine.")
              .formatted(at, e.getMessage()));
    }
  }

  @Override
  public Address address() {
    return address;
  }

  /** The number of ranks. */
  int worldSize() {
    return session.worldSize();
  }

  private void serve(AuthenticatedConnection connection) throws IOException {
    try (JsonChannel channel = new JsonChannel(connection)) {
      serve(channel);
    }
  }

  private void serve(JsonChannel channel) throws IOException {
    channel.connection().setTurn(timing.turn());
    Optional<JsonNode> first = channel.read();
    if (first.isEmpty() || !JsonChannel.type(first.get()).equals(JoinRequest.TYPE)) {
      return;
    }
    Peer peer = new Peer(JsonChannel.content(first.get(), JoinRequest.class), channel);
    if (session.admit(peer)) {
      boolean silent = false;
      try {
        silent =
            channel.listen(message -> session.receive(peer, message))
                == AuthenticatedConnection.Ending.SILENCE;
      } finally {
        session.disconnected(peer, silent);
      }
    }
  }

  /** Gives the connected ranks up to 2 seconds to read the reason, then disconnects them. */
  @Override
  public void close() {
    try {
      server.close();
    } catch (IOException e) {
      // Nothing depends on it any more.
    }
    session.dismiss();
    clock.shutdownNow();
    session.disconnect();
  }
}
