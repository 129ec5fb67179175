package dev.counterpoint.strategies.spark;

import dev.counterpoint.strategies.internal.network.Secret;
import dev.counterpoint.strategies.internal.rendezvous.RendezvousServer;
import dev.counterpoint.strategies.launch.Address;
import dev.counterpoint.strategies.launch.Attempt;
import dev.counterpoint.strategies.launch.AttemptListener;
import dev.counterpoint.strategies.launch.AttemptResult;
import dev.counterpoint.strategies.launch.Job;
import dev.counterpoint.strategies.launch.Programs;
import dev.counterpoint.strategies.launch.RankEnvironment;
import dev.counterpoint.strategies.launch.RankExit;
import dev.counterpoint.strategies.launch.Tracker;
import dev.counterpoint.strategies.launch.TrackerEvent;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.apache.spark.BarrierTaskContext;
import org.apache.spark.deploy.SparkHadoopUtil;
import org.jspecify.annotations.Nullable;

/**
 * Runs one attempt of one rank in a task: agrees with the other tasks that it can begin, then
 * supervises the process of the rank and, on rank 0, runs the tracker.
 */
final class RankSupervisor implements AttemptListener, DriverConnection.Listener, Programs {
  private static final long SAVE_NANOS = 2_000_000_000L; // between two looks at the run directory
  private static final String LOGS = "logs";

  private final SparkJob job;
  private final Placement placement;
  private final DriverConnection driver;
  private final RunStore store;
  private final RunStore.Uploads uploads;
  private final Attempt.Output output;
  private final Attempt attempt;
  private volatile boolean driverLost;
  private long saved = System.nanoTime();

  /** The values that all ranks of a job share. */
  record SparkJob(JobPlan plan, Program program, Secret secret) {}

  /** Where this rank runs. */
  record Placement(BarrierTaskContext context, TaskPlacement tasks, TaskFolder folder) {
    int rank() {
      return tasks.rank();
    }

    RankId id() {
      return tasks.id(context.stageAttemptNumber());
    }
  }

  /** Thrown if an attempt has failed and the driver was informed: Spark starts another. */
  static final class AttemptFailed extends RuntimeException {
    private static final long serialVersionUID = 1L;

    AttemptFailed(String message) {
      super(message);
    }
  }

  RankSupervisor(SparkJob job, Placement placement, DriverConnection driver) throws IOException {
    this.job = job;
    this.placement = placement;
    this.driver = driver;
    store =
        RunStore.of(job.plan().output(), placement.folder().path(), SparkHadoopUtil.get().conf());
    uploads = new RunStore.Uploads(store, problem -> reportUnsaved("run directory", problem));
    // The driver shows the output of rank 0.
    output =
        new Attempt.Output(
            new PrintWriter(new LineWriter(line -> driver.report(DriverConnection.Kind.OUT, line))),
            new PrintWriter(
                new LineWriter(line -> driver.report(DriverConnection.Kind.ERR, line))));
    attempt = new Attempt(plan(), this, placement.id().attempt() + 1, output, this);
  }

  private Job plan() {
    Duration deadline = Duration.ofSeconds(job.plan().ranks().deadlineSeconds());
    Address address = new Address(placement.tasks().host(), 0);
    return new Job(
        new Job.LocalRanks(
            job.plan().ranks().workers(), List.of(placement.rank()), placement.tasks().localRank()),
        new Job.TrackerPlan(
            address,
            isRankZero(),
            RankEnvironment.withTls(job.secret(), System.getenv()),
            deadline),
        store.directory().resolve(LOGS));
  }

  private boolean isRankZero() {
    return placement.rank() == 0;
  }

  /**
   * Trains.
   *
   * @return the rank's exit code, if no other attempt is needed
   * @throws AttemptFailed if this attempt has failed, so that Spark makes another
   */
  int run() throws IOException, InterruptedException {
    driver.listen(this);
    List<String> problems =
        new Preparation(job, placement.tasks(), placement.folder(), store, this::gather).agree();
    if (!problems.isEmpty()) {
      if (isRankZero()) {
        driver.report(DriverConnection.Kind.REFUSED, String.join("; ", problems));
      }
      return RankExit.INVALID_REQUEST;
    }
    Files.createDirectories(store.directory().resolve(LOGS));
    try (uploads;
        attempt) {
      AttemptResult result = attempt.run();
      if (isRankZero()) {
        uploads.finish();
      }
      return conclude(result);
    } finally {
      saveOwnFiles();
    }
  }

  private String[] gather(String own) {
    return placement.context().allGather(own);
  }

  private int conclude(AttemptResult result) {
    output.out().close();
    output.err().close();
    Optional<Attempt.RankEnd> end = attempt.end(placement.rank());
    end.ifPresent(it -> driver.report(DriverConnection.Kind.END, it.code(), it.summary()));
    if (end.isPresent() && !result.mayRetry()) {
      return result.code();
    }
    String reason = placement.id() + ": " + result.cause();
    if (end.isEmpty()) {
      driver.report(DriverConnection.Kind.FAILED, result.cause());
    }
    throw new AttemptFailed(reason);
  }

  /** Saves log and snapshots of this rank; reports a failure, which does not end the training. */
  private void saveOwnFiles() {
    try {
      store.saveOwn(placement.rank());
    } catch (IOException e) {
      reportUnsaved("log", e.getMessage());
    }
  }

  private void reportUnsaved(String what, @Nullable String reason) {
    driver.report(
        DriverConnection.Kind.ERR,
        "The %s of %s was not saved to %s: %s"
            .formatted(what, placement.id(), job.plan().output(), reason));
  }

  @Override
  public String name(int rank) {
    return placement.id().toString();
  }

  @Override
  public Tracker tracker(Job.TrackerPlan plan, int worldSize, Consumer<TrackerEvent> events) {
    return RendezvousServer.start(plan, worldSize, events);
  }

  @Override
  public ProcessBuilder rank(int rank) throws IOException {
    Path runFile = placement.folder().runFile(store.directory());
    ProcessBuilder builder =
        job.program()
            .process(
                placement.folder(),
                placement.tasks().localRanks(),
                placement.context().cpus(),
                List.of("train", runFile.toString(), "--output", store.directory().toString()));
    if (!store.isShared()) {
      RankEnvironment.markDirectoryCopy(builder.environment());
    }
    return builder;
  }

  @Override
  public Address trackerAddress(Address known) {
    return Address.parse("the tracker", gather(known.toString())[0]);
  }

  @Override
  public void onTrackerEvent(TrackerEvent event) {
    if (event.kind() == TrackerEvent.Kind.FAILED) {
      driver.report(DriverConnection.Kind.CULPRIT, event.ranks().get(0), "");
    }
  }

  @Override
  public void onTick() {
    placement.context().killTaskIfInterrupted();
    if (driverLost) {
      throw new AttemptFailed(placement.id() + ": the connection to the driver is lost.");
    }
    if (isRankZero() && System.nanoTime() - saved > SAVE_NANOS) {
      uploads.begin();
      saved = System.nanoTime();
    }
  }

  @Override
  public void onStop(String signal) {
    attempt.stop(signal);
  }

  @Override
  public void onDriverLost() {
    driverLost = true;
  }

  /** Splits output into lines. */
  private static final class LineWriter extends Writer {
    private final Consumer<String> lines;
    private final StringBuilder line = new StringBuilder();

    LineWriter(Consumer<String> lines) {
      this.lines = lines;
    }

    @Override
    public void write(char[] text, int offset, int length) {
      line.append(text, offset, length);
      for (int end = line.indexOf("\n"); end >= 0; end = line.indexOf("\n")) {
        lines.accept(line.substring(0, end));
        line.delete(0, end + 1);
      }
    }

    @Override
    public void flush() {}

    /** Passes on a last line without a line break. */
    @Override
    public void close() {
      if (!line.isEmpty()) {
        lines.accept(line.toString());
        line.setLength(0);
      }
    }
  }
}
