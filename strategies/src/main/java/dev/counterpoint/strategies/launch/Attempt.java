package dev.counterpoint.strategies.launch;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Starts and supervises the processes of a job until all have ended. The loss of one process ends
 * all: a ring cannot replace a member.
 *
 * <p>Used by the launcher of one machine, by each command of a run on several machines, and by each
 * task on Spark.
 */
public final class Attempt implements AutoCloseable {
  private static final int TURNS = 4; // in a deadline

  /** The turns for which a rank may leave the ring: it waits for a deadline at most. */
  private static final int LEAVING_TURNS = 2 * TURNS;

  private static final long DIAGNOSIS_NANOS = 1_500_000_000L;
  private static final long TICK_MILLIS = 200;

  private final Job job;
  private final Programs programs;
  private final int number;
  private final Output output;
  private final AttemptListener listener;
  private final BlockingQueue<Runnable> events = new LinkedBlockingQueue<>();
  private final Map<Integer, ChildProcess> ranks = new LinkedHashMap<>();
  private final FailureDiagnosis diagnosis;
  private @Nullable Tracker tracker;
  private boolean killed;

  /**
   * Receives the output of rank 0, if this launcher starts rank 0.
   *
   * @param out receives its standard output
   * @param err receives its standard error
   */
  public record Output(PrintWriter out, PrintWriter err) {}

  /**
   * The end of a rank.
   *
   * @param summary its error message, else its last line of output
   */
  public record RankEnd(int code, String summary) {}

  /**
   * An attempt that has started nothing yet.
   *
   * @param number from 1
   */
  public Attempt(Job job, Programs programs, int number, Output output, AttemptListener listener) {
    this.job = job;
    this.programs = programs;
    this.number = number;
    this.output = output;
    this.listener = listener;
    this.diagnosis = new FailureDiagnosis(job);
  }

  /** Requests all processes to save and stop; may be called by any thread at any time. */
  public void stop(String signal) {
    events.add(() -> ranks.values().forEach(child -> child.stop(signal)));
  }

  /** Kills all processes, including those that are being started; may be called by any thread. */
  synchronized void kill() {
    killed = true;
    ranks.values().forEach(ChildProcess::killWithoutWaiting);
  }

  private synchronized void started(int rank, ChildProcess child) {
    ranks.put(rank, child);
    if (killed) {
      child.killWithoutWaiting();
    }
  }

  /** Starts all processes, waits until they have ended, and returns the result. */
  public AttemptResult run() throws IOException, InterruptedException {
    Job.TrackerPlan plan = job.tracker();
    Address address = plan.address();
    if (plan.local()) {
      tracker = programs.tracker(plan, job.worldSize(), this::receive);
      address = tracker.address();
      diagnosis.tracker(address);
    }
    startRanks(listener.trackerAddress(address));
    watch();
    gatherEvidence();
    close();
    return diagnosis.result();
  }

  /** How a rank ended; empty if this attempt did not start it, or killed it. */
  public Optional<RankEnd> end(int rank) {
    ChildProcess child = ranks.get(rank);
    return child == null
        ? Optional.empty()
        : diagnosis.exitCode(child).map(code -> new RankEnd(code, child.summary()));
  }

  private void receive(TrackerEvent event) {
    events.add(
        () -> {
          diagnosis.trackerEvent(event);
          listener.onTrackerEvent(event);
        });
  }

  private void startRanks(Address address) throws IOException {
    int local = job.ranks().firstLocalRank();
    for (int rank : job.ranks().ranks()) {
      ProcessBuilder builder = programs.rank(rank);
      RankEnvironment environment =
          new RankEnvironment(rank, job.worldSize(), local++, address, job.tracker().secret());
      builder.environment().putAll(environment.variables());
      ChildProcess.Start start =
          new ChildProcess.Start(programs.name(rank), builder, log(rank), number);
      ChildProcess child =
          rank == 0 ? ChildProcess.start(start, output) : ChildProcess.start(start);
      started(rank, child);
      diagnosis.rank(rank, child);
      child.onEnd((it, code) -> events.add(() -> diagnosis.ended(it, code)));
    }
  }

  private Path log(int rank) {
    return job.logs().resolve(logName(rank));
  }

  /** The file name of a rank's log, as {@code rank-0001.log}. */
  public static String logName(int rank) {
    return String.format(Locale.ROOT, "rank-%04d.log", rank);
  }

  /**
   * Waits until all processes have finished, or one has failed. Ranks on other machines may still
   * need the tracker when the local ones are done.
   */
  private void watch() throws IOException, InterruptedException {
    int silent = 0;
    while (!diagnosis.hasFailed() && !(diagnosis.allDone() && !diagnosis.isTrackerNeeded())) {
      silent = take() || !diagnosis.reportedDone() ? 0 : silent + 1;
      if (silent >= LEAVING_TURNS) {
        diagnosis.ranksSilent();
      }
    }
  }

  /** Waits for more processes to end, which often separates the cause from its consequences. */
  private void gatherEvidence() throws IOException, InterruptedException {
    long until = System.nanoTime() + DIAGNOSIS_NANOS;
    long left = DIAGNOSIS_NANOS;
    while (diagnosis.hasFailed() && !diagnosis.allEnded() && left > 0) {
      take(TimeUnit.NANOSECONDS.toMillis(left));
      left = until - System.nanoTime();
    }
    int silent = 0;
    while (diagnosis.isCulpritAlive() && silent < LEAVING_TURNS) {
      silent = take() ? silent : silent + 1;
    }
  }

  /** Waits up to a turn for the next event; returns false if there was none. */
  private boolean take() throws IOException, InterruptedException {
    return take(Math.max(1, job.deadline().toMillis() / TURNS));
  }

  private boolean take(long millis) throws IOException, InterruptedException {
    long until = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
    long left = millis;
    Runnable event = null;
    while (event == null && left >= 0) {
      listener.onTick();
      event = events.poll(Math.min(left, TICK_MILLIS), TimeUnit.MILLISECONDS);
      left = until - System.nanoTime() < 0 ? -1 : (until - System.nanoTime()) / 1_000_000;
    }
    if (event != null) {
      event.run();
    }
    return event != null;
  }

  /** Kills all processes, and waits until they have ended. */
  @Override
  public void close() {
    kill();
    ranks.values().forEach(ChildProcess::kill);
    if (tracker != null) {
      try {
        tracker.close();
      } catch (IOException e) {
        // Nothing depends on it any more.
      }
    }
  }
}
