package dev.counterpoint.runner.launch;

import dev.counterpoint.runner.rendezvous.Address;
import dev.counterpoint.runner.rendezvous.Gate;
import dev.counterpoint.runner.rendezvous.GateEvents;
import dev.counterpoint.runner.rendezvous.Timing;
import dev.counterpoint.strategies.distributed.RingTracker;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/** The work of the tracker's process: the gate, and behind it the ring's own tracker. */
public final class TrackerProcess {
  private final Address at;
  private final int world;
  private final Timing timing;
  private final PrintWriter out;

  /**
   * A tracker of one attempt.
   *
   * @param at where its gate listens; the ring's tracker takes any free port of the same host
   * @param out told what happens, line by line
   */
  public TrackerProcess(Address at, int world, Duration deadline, PrintWriter out) {
    this.at = at;
    this.world = world;
    this.timing = new Timing(deadline, deadline);
    this.out = out;
  }

  /**
   * Serves one attempt to its end.
   *
   * @return the exit code
   * @throws dev.counterpoint.core.settings.InvalidSettings where it cannot listen there, or this
   *     machine cannot load the ring
   */
  public int serve(Map<String, String> environment) {
    if (Leash.of(environment).holds()) {
      // Who holds the leash gets the terminal's signals too, and decides.
      for (String signal : List.of("INT", "TERM")) {
        org.jline.utils.Signals.register(signal, () -> {});
      }
    }
    RingTracker.load();
    try (Gate gate =
        Gate.open(at, Place.secret(environment), world, timing, this::startRing, new Told())) {
      say("gate " + gate.address());
      Thread pulse = new Thread(this::live, "pulse");
      pulse.setDaemon(true);
      pulse.start();
      return gate.await();
    }
  }

  /** It lives as long as the process: the ring needs it to its end. */
  private Address startRing() {
    String host = number(at.host());
    return new Address(host, RingTracker.start(host, 0, world, timing.joining()).port());
  }

  private static String number(String host) {
    try {
      return InetAddress.getByName(host).getHostAddress();
    } catch (UnknownHostException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void live() {
    try {
      while (true) {
        TimeUnit.MILLISECONDS.sleep(timing.beatMillis());
        say("alive");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void say(String line) {
    synchronized (out) {
      out.println(line);
      out.flush();
    }
  }

  private final class Told implements GateEvents {
    @Override
    public void begun() {
      say("begun");
    }

    @Override
    public void missing(List<Integer> ranks) {
      say("missing " + ranks.stream().map(String::valueOf).collect(Collectors.joining(" ")));
    }

    @Override
    public void failed(int rank) {
      say("failed " + rank);
    }

    @Override
    public void lost(int rank, boolean silent) {
      say("lost " + rank + (silent ? " silent" : " gone"));
    }
  }
}
