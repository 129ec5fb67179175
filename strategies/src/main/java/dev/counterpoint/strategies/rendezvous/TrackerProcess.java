package dev.counterpoint.strategies.rendezvous;

import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.strategies.distributed.RingTracker;
import dev.counterpoint.strategies.launch.Address;
import dev.counterpoint.strategies.launch.TrackerEvent;
import dev.counterpoint.strategies.network.Daemon;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;

/** The main loop of the tracker process: the rendezvous server, and the ring's native tracker. */
public final class TrackerProcess {
  private final RendezvousServer.Settings settings;
  private final PrintWriter out;

  /**
   * The tracker of one attempt.
   *
   * @param settings the ring's tracker uses any free port of the same host
   * @param out receives the events
   */
  public TrackerProcess(RendezvousServer.Settings settings, PrintWriter out) {
    this.settings = settings;
    this.out = out;
  }

  /**
   * Serves one attempt.
   *
   * @return the exit code
   * @throws InvalidSettings if the tracker cannot listen at its address, or cannot load the ring's
   *     library
   */
  public int serve() {
    RingTracker.load();
    try (RendezvousServer server = RendezvousServer.start(settings, this::startRing, this::print)) {
      print(TrackerEvent.listening(server.address()));
      Daemon.repeat("heartbeat", settings.timing().heartbeatMillis(), this::printHeartbeat);
      return server.await();
    }
  }

  /** Starts the ring tracker, which runs until this process exits. */
  private Address startRing() {
    String host = ipAddress(settings.address().host());
    RingTracker ring =
        RingTracker.start(host, 0, settings.worldSize(), settings.timing().joining());
    return new Address(host, ring.port());
  }

  private static String ipAddress(String host) {
    try {
      return InetAddress.getByName(host).getHostAddress();
    } catch (UnknownHostException e) {
      throw new UncheckedIOException(e);
    }
  }

  private boolean printHeartbeat() {
    print(TrackerEvent.of(TrackerEvent.Kind.ALIVE, List.of()));
    return true;
  }

  private void print(TrackerEvent event) {
    synchronized (out) {
      out.println(event.toLine());
      out.flush();
    }
  }
}
