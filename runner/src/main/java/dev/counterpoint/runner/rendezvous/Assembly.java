package dev.counterpoint.runner.rendezvous;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.counterpoint.core.settings.InvalidSettings;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.stream.IntStream;

/**
 * The ranks of one attempt, from the first that comes to the last that goes: who is let in, what
 * all are told, and how it ends. Whatever they say is heard here, by one at a time.
 *
 * <p>All must come in the time for joining. How long one then takes to open its data is not
 * bounded, as long as it is heard to live: a text of many gigabytes may have to be cut into tokens.
 */
final class Assembly {
  static final int DONE = 0;
  static final int FAILED = 1;
  static final int WRONG = 2;
  static final int RETRY = 75;

  private static final long LAST_WORDS_NANOS = 2_000_000_000L;

  private enum Phase {
    GATHERING,
    LOOKING,
    RUNNING,
    OVER
  }

  private final Address gate;
  private final int world;
  private final Supplier<Address> ring;
  private final GateEvents events;
  private final Map<Integer, Member> members = new TreeMap<>();
  private final CompletableFuture<Integer> end = new CompletableFuture<>();
  private final String nonce = Long.toHexString(new SecureRandom().nextLong());
  private Phase phase = Phase.GATHERING;
  private boolean joined;
  private int present;

  /**
   * Nobody has come yet.
   *
   * @param gate where they come to, for messages
   * @param ring called once, when all ranks agree: starts what they are to join
   */
  Assembly(Address gate, int world, Supplier<Address> ring, GateEvents events) {
    this.gate = gate;
    this.world = world;
    this.ring = ring;
    this.events = events;
  }

  int world() {
    return world;
  }

  /** Waits until all is over, for the exit code. */
  int await() {
    return end.join();
  }

  synchronized boolean admit(Member member) {
    Hello hello = member.hello();
    Member same = members.get(hello.rank());
    if (phase != Phase.GATHERING) {
      member.send(Wire.message("busy"));
    } else if (hello.world() != world) {
      member.refuse(
          String.format(
              Locale.ROOT,
              "Rank %d was told of %d ranks, but the tracker at %s of %d: give all of them the same"
                  + " number (--world, strategy.workers).",
              hello.rank(),
              hello.world(),
              gate,
              world));
    } else if (hello.rank() < 0 || hello.rank() >= world) {
      member.refuse(
          String.format(Locale.ROOT, "Rank %d must be from 0 to %d.", hello.rank(), world - 1));
    } else if (same != null) {
      member.refuse(same.name() + " is there already. Give each process another rank.");
    } else {
      members.put(hello.rank(), member);
      present++;
      member.send(Wire.message("welcome").put("nonce", nonce));
      return true;
    }
    return false;
  }

  /** Hears what a rank says, and returns whether this was its last word. */
  synchronized boolean take(Member member, JsonNode message) {
    switch (Wire.type(message)) {
      case Facts.TYPE -> {
        member.has(Facts.read(message));
        compare();
      }
      case "seen" -> {
        member.sees(message.path("seen").asBoolean());
        decide();
      }
      case "bye" -> leave(member, message.path("done").asBoolean());
      default -> {
        // A beat.
      }
    }
    return member.hasLeft();
  }

  /** Where all have said what they have. */
  private void compare() {
    if (phase == Phase.GATHERING
        && members.size() == world
        && all(Member::hasSaidWhatItHas)
        && !refused(Differences.inFacts(ranks()))) {
      phase = Phase.LOOKING;
      ranks().forEach(member -> member.send(Wire.message("look")));
    }
  }

  /** Where all have looked for the file of rank 0. */
  private void decide() {
    if (phase == Phase.LOOKING
        && all(Member::hasLooked)
        && !refused(Differences.inSight(ranks()))) {
      begin();
    }
  }

  private Collection<Member> ranks() {
    return members.values();
  }

  private boolean all(Predicate<Member> condition) {
    return ranks().stream().allMatch(condition);
  }

  private boolean refused(Optional<String> why) {
    why.ifPresent(this::refuseAll);
    return why.isPresent();
  }

  private void begin() {
    Address joined;
    try {
      joined = ring.get();
    } catch (InvalidSettings e) {
      refuseAll(String.valueOf(e.getMessage()));
      return;
    } catch (RuntimeException | LinkageError e) { // All wait for an answer, whatever happens.
      refuseAll("The ring of rank 0's machine cannot be started: " + e);
      return;
    }
    ObjectNode go = Wire.message("go").put("host", joined.host()).put("port", joined.port());
    phase = Phase.RUNNING;
    ranks().forEach(member -> member.send(go));
    events.begun();
  }

  /**
   * Tells those who are there who has not come. From now on nobody may come again.
   *
   * @param waited for all of them
   */
  synchronized void joiningIsOver(Duration waited) {
    joined = true;
    List<Integer> missing =
        IntStream.range(0, world).filter(rank -> !members.containsKey(rank)).boxed().toList();
    if (phase == Phase.GATHERING && !missing.isEmpty()) {
      events.missing(missing);
      refuseAll(
          String.format(
              Locale.ROOT,
              "%s of %d did not come to the tracker at %s within %d s.",
              capital(Differences.ranks(missing)),
              world,
              gate,
              waited.toSeconds()));
    }
  }

  private static String capital(String text) {
    return Character.toUpperCase(text.charAt(0)) + text.substring(1);
  }

  private void leave(Member member, boolean done) {
    member.leave();
    if (!done) {
      events.failed(member.rank());
      endAll(member.name() + " failed, as its own output says; the job ends.", FAILED);
    } else if (phase == Phase.RUNNING && all(Member::hasLeft)) {
      over(DONE);
    }
  }

  /**
   * A rank is not there any more.
   *
   * @param silent whether it is connected, but does not answer
   */
  synchronized void gone(Member member, boolean silent) {
    present--;
    notifyAll();
    if (member.hasLeft() || phase == Phase.OVER) {
      return;
    }
    if (phase == Phase.GATHERING && !joined && !silent) {
      members.remove(member.rank()); // It may come again.
      return;
    }
    events.lost(member.rank(), silent);
    endAll(member.name() + (silent ? " does not answer any more." : " is gone."), RETRY);
  }

  private void refuseAll(String why) {
    ranks().forEach(member -> member.refuse(why));
    over(WRONG);
  }

  private void endAll(String why, int code) {
    if (phase != Phase.OVER) {
      ranks().stream()
          .filter(member -> !member.hasLeft())
          .forEach(member -> member.send(Wire.message("over").put("why", why).put("code", code)));
      over(code);
    }
  }

  private void over(int code) {
    phase = Phase.OVER;
    end.complete(code);
  }

  /** Lets all hear that the gate lives. */
  void beat() {
    List<Member> here;
    synchronized (this) {
      here = new ArrayList<>(ranks());
    }
    here.forEach(member -> member.send(Wire.message("beat")));
  }

  /** Ends it, and gives those who are there a moment to read why. */
  synchronized void dismiss() {
    over(RETRY);
    long until = System.nanoTime() + LAST_WORDS_NANOS;
    try {
      while (present > 0 && System.nanoTime() < until) {
        TimeUnit.NANOSECONDS.timedWait(this, until - System.nanoTime());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  synchronized void disconnect() {
    ranks().forEach(Member::disconnect);
  }
}
