package dev.counterpoint.runner.spark;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.apache.spark.BarrierTaskContext;
import org.apache.spark.deploy.SparkHadoopUtil;
import org.jspecify.annotations.Nullable;

/**
 * Sees one attempt of one rank through, from within a task: agrees with the other tasks that it can
 * begin, starts the rank's process, on rank 0 the tracker's too, and ends both with the task.
 */
final class RankSupervisor implements DriverLine.Listener {
  /** Exit codes of a rank after which no other attempt is made: done, failed, refused, stopped. */
  private static final Set<Integer> FINAL = Set.of(0, 1, 2, 130, 143);

  private static final String TRACKER = "tracker: ";
  private static final String FAILED = "failed ";
  private static final int LOOK = 200; // milliseconds between two looks at the task and the child
  private static final long KEEP = 2_000_000_000L; // nanoseconds between two looks at the run

  private final Job job;
  private final Place place;
  private final DriverLine line;
  private final RunStore store;
  private @Nullable ChildProcess child;
  private @Nullable String stopping;
  private volatile boolean driverGone;

  /** What is true of all ranks of a job. */
  record Job(JobPlan plan, Program program, RankOptions options, String secret) {}

  /** Where this one is. */
  record Place(BarrierTaskContext context, Neighbours neighbours, TaskFolder folder) {
    int rank() {
      return neighbours.rank();
    }

    RankId id() {
      return neighbours.id(context.stageAttemptNumber());
    }
  }

  RankSupervisor(Job job, Place place, DriverLine line) throws IOException {
    this.job = job;
    this.place = place;
    this.line = line;
    store = RunStore.of(job.plan().output(), place.folder().path(), SparkHadoopUtil.get().conf());
  }

  private boolean writes() {
    return place.rank() == 0;
  }

  /**
   * Trains.
   *
   * @return the rank's exit code, where no other attempt is to be made
   * @throws AttemptFailed where this one has failed, so that Spark makes another
   */
  int run() throws IOException, InterruptedException {
    line.listen(this);
    List<String> problems = new Preparation(job, place, store, place.context()::allGather).agree();
    if (!problems.isEmpty()) {
      if (writes()) {
        line.say(DriverLine.Word.REFUSED, String.join("; ", problems));
      }
      return JobFailed.REQUEST_WRONG;
    }
    try (RankLog log = RankLog.open(store.directory(), place.id());
        @Nullable Tracker tracker = writes() ? startTracker(log) : null) {
      String gate = place.context().allGather(tracker == null ? "" : tracker.gate())[0];
      try (ChildProcess rank = startRank(gate, log)) {
        watch(rank);
        int code = conclude(rank);
        if (tracker != null) {
          // The others may be on their way out; a rank that does not come it notices itself.
          tracker.awaitEnd(TimeUnit.SECONDS.toMillis(2L * job.plan().deadlineSeconds()));
        }
        return code;
      }
    } finally {
      keepOwn();
    }
  }

  /** What was said is for people alone: the training does not end for it. */
  private void keepOwn() {
    try {
      store.keepOwn(place.rank());
    } catch (IOException e) {
      line.say(
          DriverLine.Word.ERR,
          "The log of "
              + place.id()
              + " is not kept in "
              + job.plan().output()
              + ": "
              + e.getMessage());
    }
  }

  private Tracker startTracker(RankLog log) throws IOException, InterruptedException {
    return Tracker.start(
        process(
            "tracker",
            "--host",
            place.neighbours().host(),
            "--port",
            "0",
            "--world",
            Integer.toString(job.plan().workers()),
            "--deadline",
            Integer.toString(job.plan().deadlineSeconds())),
        text -> trackerTold(log, text),
        text -> log.add(TRACKER + text));
  }

  private void trackerTold(RankLog log, String text) {
    log.add(TRACKER + text);
    if (text.startsWith(FAILED)) {
      line.say(DriverLine.Word.CULPRIT, text.substring(FAILED.length()));
    }
  }

  private ChildProcess startRank(String gate, RankLog log) throws IOException {
    ProcessBuilder builder =
        process(
            "train",
            place.folder().runFile(store.directory()).toString(),
            "--output",
            store.directory().toString());
    Map<String, String> environment = builder.environment();
    environment.put("COUNTERPOINT_RANK", Integer.toString(place.rank()));
    environment.put("COUNTERPOINT_WORLD", Integer.toString(job.plan().workers()));
    environment.put("COUNTERPOINT_TRACKER", gate);
    environment.put("COUNTERPOINT_LOCAL_RANK", Integer.toString(place.neighbours().localRank()));
    if (!store.shared()) {
      environment.put("COUNTERPOINT_DIRECTORY", "copy");
    }
    RankOptions.engine(place.context().cpus()).forEach(environment::putIfAbsent);
    ChildProcess started =
        ChildProcess.start(
            builder,
            text -> said(log, DriverLine.Word.OUT, text),
            text -> said(log, DriverLine.Word.ERR, text));
    begun(started);
    return started;
  }

  /** A process of the program, on a leash, in this task's folder. */
  private ProcessBuilder process(String... arguments) throws IOException {
    List<String> flags = new ArrayList<>(job.options().jvmFlags(place.neighbours().local()));
    flags.add("-Djava.io.tmpdir=" + place.folder().folder("tmp"));
    List<String> command = Program.command(job.program().here(), flags);
    command.addAll(List.of(arguments));
    ProcessBuilder builder = new ProcessBuilder(command).directory(place.folder().path().toFile());
    builder.environment().put("COUNTERPOINT_SECRET", job.secret());
    builder.environment().put("COUNTERPOINT_LEASH", "stdin");
    return builder;
  }

  /** The driver shows what the first rank says. */
  private void said(RankLog log, DriverLine.Word word, String text) {
    log.add(text);
    if (writes()) {
      line.say(word, text);
    }
  }

  private void watch(ChildProcess rank) throws IOException, InterruptedException {
    long kept = System.nanoTime();
    while (!rank.ended(LOOK)) {
      place.context().killTaskIfInterrupted();
      if (driverGone) {
        throw new AttemptFailed(place.id() + ": the driver is gone.");
      }
      if (writes() && System.nanoTime() - kept > KEEP) {
        store.keep();
        kept = System.nanoTime();
      }
    }
    if (writes()) {
      store.keep();
    }
  }

  private int conclude(ChildProcess rank) throws InterruptedException {
    int code = rank.exitCode();
    line.say(DriverLine.Word.END, code + " " + rank.lastWords());
    if (!FINAL.contains(code)) {
      throw new AttemptFailed(
          String.format(
              Locale.ROOT, "%s ended with exit code %d: %s", place.id(), code, rank.lastWords()));
    }
    return code;
  }

  private synchronized void begun(ChildProcess started) {
    child = started;
    if (stopping != null) {
      started.stop(stopping);
    }
  }

  @Override
  public synchronized void stop(String signal) {
    stopping = signal;
    if (child != null) {
      child.stop(signal);
    }
  }

  @Override
  public void gone() {
    driverGone = true;
  }
}
