package dev.counterpoint.strategies.internal.rendezvous;

import com.fasterxml.jackson.databind.JsonNode;
import dev.counterpoint.strategies.launch.Address;
import dev.counterpoint.strategies.launch.RankExit;
import dev.counterpoint.strategies.launch.TrackerEvent;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.stream.IntStream;

/**
 * The state of a rendezvous: which ranks have joined, whether they agree, and how the attempt ends.
 *
 * <p>All ranks must join in time. How long a rank then needs to open its data is not limited, as
 * long as it sends heartbeats: it may have to tokenize many gigabytes of text.
 */
final class RendezvousSession {
  private static final long DISMISSAL_NANOS = 2_000_000_000L;

  private enum Phase {
    JOINING,
    CHECKING_DIRECTORY,
    RUNNING,
    ENDED
  }

  private final Address address;
  private final int worldSize;
  private final Consumer<TrackerEvent> events;
  private final Map<Integer, Peer> peers = new TreeMap<>();
  private final String nonce = Long.toHexString(new SecureRandom().nextLong());
  private Phase phase = Phase.JOINING;
  private boolean joiningIsOver;
  private int connected;

  /**
   * A rendezvous that no rank has joined yet.
   *
   * @param address of the tracker, for messages
   */
  RendezvousSession(Address address, int worldSize, Consumer<TrackerEvent> events) {
    this.address = address;
    this.worldSize = worldSize;
    this.events = events;
  }

  int worldSize() {
    return worldSize;
  }

  /** Lets a rank join, or refuses it with a reason; returns whether it has joined. */
  synchronized boolean admit(Peer peer) {
    JoinRequest request = peer.request();
    Peer same = peers.get(request.rank());
    if (phase != Phase.JOINING) {
      peer.send(JsonChannel.message("busy"));
    } else if (request.worldSize() != worldSize) {
      peer.refuse(
          ("Rank %s expects %s ranks, but the tracker at %s expects %s: use the same number for all"
                  + " (--world-size, strategy.workers).")
              .formatted(request.rank(), request.worldSize(), address, worldSize));
    } else if (request.rank() < 0 || request.rank() >= worldSize) {
      peer.refuse("Rank %s must be from 0 to %s.".formatted(request.rank(), worldSize - 1));
    } else if (same != null) {
      peer.refuse(same.name() + " has already joined. Give each process another rank.");
    } else {
      peers.put(request.rank(), peer);
      connected++;
      peer.send(JsonChannel.message("welcome").put("nonce", nonce));
      return true;
    }
    return false;
  }

  /** Handles a message of a rank; returns whether it was the rank's last message. */
  synchronized boolean receive(Peer peer, JsonNode message) {
    switch (JsonChannel.type(message)) {
      case RunFingerprint.TYPE -> {
        if (peer.receiveFingerprint(message)) {
          compare();
        }
      }
      case "seen" -> {
        peer.setSeesMark(message.path("seen").asBoolean());
        beginIfVisible();
      }
      case "bye" -> leave(peer, message.path("done").asBoolean());
      default -> {
        // A heartbeat.
      }
    }
    return peer.hasLeft();
  }

  /** Compares the fingerprints when all have arrived. */
  private void compare() {
    if (phase == Phase.JOINING
        && peers.size() == worldSize
        && all(Peer::hasFingerprint)
        && !refused(Differences.inFingerprints(ranks()))) {
      phase = Phase.CHECKING_DIRECTORY;
      ranks().forEach(peer -> peer.send(JsonChannel.message("look")));
    }
  }

  /** Begins when all ranks see the file of rank 0. */
  private void beginIfVisible() {
    if (phase == Phase.CHECKING_DIRECTORY
        && all(Peer::hasLooked)
        && !refused(Differences.inDirectories(ranks()))) {
      begin();
    }
  }

  private Collection<Peer> ranks() {
    return peers.values();
  }

  private boolean all(Predicate<Peer> condition) {
    return ranks().stream().allMatch(condition);
  }

  private boolean refused(Optional<String> why) {
    why.ifPresent(this::refuseAll);
    return why.isPresent();
  }

  /** Sends to each rank the address of the next one in the ring. */
  private void begin() {
    phase = Phase.RUNNING;
    events.accept(new TrackerEvent(TrackerEvent.Kind.BEGUN, List.of()));
    ranks()
        .forEach(
            peer -> {
              Address next =
                  Objects.requireNonNull(peers.get((peer.rank() + 1) % worldSize)).ring();
              peer.send(
                  JsonChannel.message("go").put("host", next.host()).put("port", next.port()));
            });
  }

  /**
   * Refuses all ranks if some have not joined. From now on a lost rank cannot join again.
   *
   * @param waited the time that the ranks had
   * @param refused the IP address of a process with another secret or certificate; empty if there
   *     was none
   */
  synchronized void joiningIsOver(Duration waited, String refused) {
    joiningIsOver = true;
    List<Integer> missing =
        IntStream.range(0, worldSize).filter(rank -> !peers.containsKey(rank)).boxed().toList();
    if (phase == Phase.JOINING && !missing.isEmpty()) {
      events.accept(new TrackerEvent(TrackerEvent.Kind.MISSING, missing));
      refuseAll(
          "%s of %s did not join the tracker at %s within %s s.%s"
              .formatted(
                  capital(Differences.ranks(missing)),
                  worldSize,
                  address,
                  waited.toSeconds(),
                  refused.isEmpty()
                      ? address.advice(true)
                      : " A process at %s was refused: its secret (COUNTERPOINT_SECRET, or the file of --secret-file) or its key store differs."
                          .formatted(refused)));
    }
  }

  private static String capital(String text) {
    return Character.toUpperCase(text.charAt(0)) + text.substring(1);
  }

  private void leave(Peer peer, boolean done) {
    peer.leave();
    if (!done) {
      events.accept(new TrackerEvent(TrackerEvent.Kind.FAILED, List.of(peer.rank())));
      endAll(peer.name() + " has failed, see its output; the job ends.", RankExit.FAILED);
    } else if (phase == Phase.RUNNING && all(Peer::hasLeft)) {
      events.accept(new TrackerEvent(TrackerEvent.Kind.DONE, List.of()));
      phase = Phase.ENDED;
    }
  }

  /**
   * Handles the loss of a rank.
   *
   * @param silent whether it is still connected but does not respond
   */
  synchronized void disconnected(Peer peer, boolean silent) {
    connected--;
    notifyAll();
    if (peer.hasLeft() || phase == Phase.ENDED) {
      return;
    }
    if (phase == Phase.JOINING && !joiningIsOver && !silent) {
      peers.remove(peer.rank()); // It may join again.
      return;
    }
    TrackerEvent.Kind kind = silent ? TrackerEvent.Kind.SILENT : TrackerEvent.Kind.LOST;
    events.accept(new TrackerEvent(kind, List.of(peer.rank())));
    endAll(peer.name() + (silent ? " does not respond." : " has disconnected."), RankExit.RETRY);
  }

  private void refuseAll(String why) {
    ranks().forEach(peer -> peer.refuse(why));
    phase = Phase.ENDED;
  }

  private void endAll(String why, int code) {
    if (phase != Phase.ENDED) {
      ranks().stream()
          .filter(peer -> !peer.hasLeft())
          .forEach(
              peer -> peer.send(JsonChannel.message("over").put("why", why).put("code", code)));
      phase = Phase.ENDED;
    }
  }

  /** Sends a heartbeat to all ranks. */
  void heartbeat() {
    List<Peer> here;
    synchronized (this) {
      here = new ArrayList<>(ranks());
    }
    here.forEach(peer -> peer.send(JsonChannel.message("heartbeat")));
  }

  /** Ends the attempt, and gives the connected ranks up to 2 seconds to read the reason. */
  synchronized void dismiss() {
    phase = Phase.ENDED;
    long until = System.nanoTime() + DISMISSAL_NANOS;
    try {
      while (connected > 0 && System.nanoTime() < until) {
        TimeUnit.NANOSECONDS.timedWait(this, until - System.nanoTime());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  synchronized void disconnect() {
    ranks().forEach(Peer::disconnect);
  }
}
