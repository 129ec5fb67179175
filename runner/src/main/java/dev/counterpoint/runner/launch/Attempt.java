package dev.counterpoint.runner.launch;

import dev.counterpoint.runner.rendezvous.Address;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * One start of all the processes of a job, until all have ended. Whatever happens to one of them is
 * the end of all: what a ring has lost it cannot find again.
 */
final class Attempt implements AutoCloseable {
  private static final int TURNS = 4; // in a deadline
  private static final int SILENT_TURNS = 3;

  /** For a rank that has said that it goes: it waits a deadline at most to leave the ring. */
  private static final int LEAVING_TURNS = 2 * TURNS;

  private static final long GATHERING_NANOS = 1_500_000_000L;

  private final Job job;
  private final Programs programs;
  private final int number;
  private final PrintWriter out;
  private final PrintWriter err;
  private final BlockingQueue<Event> events = new LinkedBlockingQueue<>();
  private final Map<Integer, Child> ranks = new LinkedHashMap<>();
  private final Signs signs;
  private @Nullable Child tracker;
  private @Nullable String stopping;
  private boolean killed;

  /** Something that has happened. */
  private sealed interface Event {
    record Ended(Child child, int code) implements Event {}

    record Said(String line) implements Event {}

    record Stop(String signal) implements Event {}
  }

  /**
   * Prepares a start.
   *
   * @param number from 1
   * @param out gets what rank 0 says, where that is started here
   */
  Attempt(Job job, Programs programs, int number, PrintWriter out, PrintWriter err) {
    this.job = job;
    this.programs = programs;
    this.number = number;
    this.out = out;
    this.err = err;
    this.signs = new Signs(job);
  }

  /** Asks all to end in order; from any thread, and at any time. */
  void stop(String signal) {
    events.add(new Event.Stop(signal));
  }

  /** Ends all at once, those too that are just being started; from any thread. */
  synchronized void kill() {
    killed = true;
    ranks.values().forEach(Child::killWithoutWaiting);
    if (tracker != null) {
      tracker.killWithoutWaiting();
    }
  }

  private synchronized void started(Child tracker) {
    this.tracker = tracker;
    if (killed) {
      tracker.killWithoutWaiting();
    }
  }

  private synchronized void started(int rank, Child child) {
    ranks.put(rank, child);
    if (killed) {
      child.killWithoutWaiting();
    }
  }

  /** Starts all, waits for the end of all, and tells how it came. */
  Verdict run() throws IOException {
    Optional<Address> gate = job.trackerHere() ? startTracker() : Optional.of(job.tracker());
    if (gate.isPresent()) {
      startRanks(gate.get());
      watch();
    }
    gatherSigns();
    close();
    return signs.verdict();
  }

  /** Returns where its gate is; nothing where it did not come so far. */
  private Optional<Address> startTracker() throws IOException {
    Child.Start start =
        new Child.Start(
            "the tracker",
            programs.tracker(job.tracker(), job.world(), job.deadline()),
            environment(0, 0, job.tracker()),
            job.logs().resolve("tracker.log"));
    Child process =
        Child.telling(
            start, number, line -> events.add(new Event.Said(line)) && !line.equals("alive"));
    started(process);
    signs.tracker(process);
    process.onEnd((child, code) -> events.add(new Event.Ended(child, code)));
    int turns = 0;
    while (signs.gate().isEmpty() && !signs.any() && turns < TURNS) {
      turns = take() ? turns : turns + 1;
    }
    if (signs.gate().isEmpty() && !signs.any()) {
      signs.trackerSilent();
    }
    return signs.gate();
  }

  private void startRanks(Address gate) throws IOException {
    int local = job.firstLocalRank();
    for (int rank : job.ranks()) {
      Child.Start start =
          new Child.Start(
              "rank " + rank,
              programs.rank(rank),
              environment(rank, local++, gate),
              job.logs().resolve(String.format(Locale.ROOT, "rank-%04d.log", rank)));
      Child child = rank == 0 ? Child.shown(start, number, out, err) : Child.quiet(start, number);
      started(rank, child);
      signs.rank(rank, child);
      child.onEnd((it, code) -> events.add(new Event.Ended(it, code)));
      if (stopping != null) {
        child.stop(stopping);
      }
    }
  }

  private Map<String, String> environment(int rank, int localRank, Address gate) {
    Map<String, String> environment = new LinkedHashMap<>(job.environment());
    Place place = new Place(rank, job.world(), localRank, gate, job.secret(), true);
    environment.putAll(place.environment());
    return environment;
  }

  /**
   * Until all have ended as they should, or one has not. A tracker that has ended in order has been
   * told by all ranks that they are done.
   */
  private void watch() {
    int silent = 0;
    while (!signs.any() && !(signs.allDone() && !(trackerLives() && othersNeedIt()))) {
      silent = take() || tracker == null ? 0 : silent + 1;
      if (silent == SILENT_TURNS && trackerLives()) {
        signs.trackerSilent();
      } else if (silent >= LEAVING_TURNS) {
        signs.ranksSilent();
      }
    }
  }

  /** Ranks on other machines may still be at work when those of this one are done. */
  private boolean othersNeedIt() {
    return signs.begun() && job.ranks().size() < job.world();
  }

  private boolean trackerLives() {
    return tracker != null && tracker.isAlive();
  }

  /** What was the cause and what its consequence may be known only when more has happened. */
  private void gatherSigns() {
    long until = System.nanoTime() + GATHERING_NANOS;
    long left = GATHERING_NANOS;
    while (signs.any() && !signs.allEnded() && left > 0) {
      take(TimeUnit.NANOSECONDS.toMillis(left));
      left = until - System.nanoTime();
    }
    int silent = 0;
    while (signs.culpritSpeaks() && silent < LEAVING_TURNS) {
      silent = take() ? silent : silent + 1;
    }
  }

  /** Waits a turn for the next event; false where there was none. */
  private boolean take() {
    return take(Math.max(1, job.deadline().toMillis() / TURNS));
  }

  private boolean take(long millis) {
    try {
      Event event = events.poll(millis, TimeUnit.MILLISECONDS);
      if (event instanceof Event.Ended ended) {
        signs.ended(ended.child(), ended.code());
      } else if (event instanceof Event.Said said) {
        signs.said(said.line());
      } else if (event instanceof Event.Stop stop) {
        stopping = stop.signal();
        ranks.values().forEach(child -> child.stop(stop.signal()));
      }
      return event != null;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("Interrupted while ranks were running.", e);
    }
  }

  @Override
  public void close() {
    kill();
    ranks.values().forEach(Child::kill);
    if (tracker != null) {
      tracker.kill();
    }
  }
}
