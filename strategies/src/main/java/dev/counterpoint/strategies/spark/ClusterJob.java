package dev.counterpoint.strategies.spark;

import dev.counterpoint.strategies.internal.network.Daemon;
import dev.counterpoint.strategies.internal.network.Secret;
import dev.counterpoint.strategies.launch.Address;
import dev.counterpoint.strategies.launch.LaunchException;
import dev.counterpoint.strategies.launch.RankExit;
import java.io.IOException;
import java.util.Collections;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.spark.SparkConf;
import org.apache.spark.SparkContext;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.scheduler.BarrierJobSlotsNumberCheckFailed;
import org.jspecify.annotations.Nullable;
import scala.reflect.ClassTag;
import scala.reflect.ClassTag$;

/** A training as a Spark job, in the driver. */
final class ClusterJob {
  private static final String GROUP = "counterpoint";
  private static final long POLL_MILLIS = 500;

  /** The minimum time between two signals; one that arrives sooner is a duplicate. */
  private static final long SECOND_SIGNAL_NANOS = 1_000_000_000L;

  /** The system property with the user's command, as {@code ./counterpoint}. */
  static final String COMMAND = "counterpoint.command";

  private final JobPlan plan;
  private final byte[] bundle;
  private final SparkConf conf;
  private final Secret secret = Secret.random();
  private final AttemptHistory attempts;
  private final long wait;

  /**
   * A job that has not started.
   *
   * @param bundle the ZIP file that is sent with the job
   * @param conf the user's settings; missing ones are added
   * @throws LaunchException if a setting of this program is invalid
   */
  ClusterJob(JobPlan plan, byte[] bundle, SparkConf conf) {
    this.plan = plan;
    this.bundle = bundle;
    this.conf = new JobConf(conf).completed(plan);
    attempts = new AttemptHistory(plan.ranks().maxRestarts());
    wait = JobConf.waitSeconds(this.conf);
  }

  /**
   * Trains.
   *
   * @return the exit code of the ranks
   * @throws LaunchException if the job has failed, with the cause
   */
  int run() throws IOException, InterruptedException {
    try (JavaSparkContext context = JobConf.start(conf)) {
      try (DriverServer server = startServer(context.getConf())) {
        Address address = new Address(context.getConf().get("spark.driver.host"), server.port());
        RankTask task =
            new RankTask(
                plan,
                Program.of(context),
                new DriverConnection.Driver(address, secret),
                context.broadcast(bundle));
        return new Execution(context, server).run(task);
      }
    }
  }

  private DriverServer startServer(SparkConf actual) throws IOException {
    String host = actual.get("spark.driver.bindAddress", actual.get("spark.driver.host"));
    return DriverServer.start(new Address(host, JobConf.port(actual)), secret, attempts);
  }

  /** The running job. */
  private final class Execution {
    private final JavaSparkContext context;
    private final DriverServer server;
    private volatile @Nullable String signal;
    private volatile long signalled;

    Execution(JavaSparkContext context, DriverServer server) {
      this.context = context;
      this.server = server;
    }

    int run(RankTask task) throws InterruptedException {
      SparkTraining.onStop(this::onSignal);
      FutureTask<Integer> job = new FutureTask<>(() -> train(task));
      Daemon.thread(job, "job").start();
      try {
        while (true) {
          try {
            return end(job.get(POLL_MILLIS, TimeUnit.MILLISECONDS));
          } catch (TimeoutException e) {
            checkProgress();
          }
        }
      } catch (ExecutionException e) {
        throw failure(Objects.requireNonNull(e.getCause()));
      }
    }

    /** Spark retries a barrier stage only if it is followed by a shuffle. */
    private int train(RankTask task) {
      ClassTag<Integer> type = ClassTag$.MODULE$.apply(Integer.class);
      context.setJobGroup(GROUP, plan.name() + ": " + plan.ranks().workers() + " ranks", true);
      JavaRDD<Integer> ranks =
          context.parallelize(
              Collections.nCopies(plan.ranks().workers(), 0), plan.ranks().workers());
      return Collections.max(
          JavaRDD.fromRDD(ranks.rdd().barrier().mapPartitions(task, false, type), type)
              .repartition(1)
              .collect());
    }

    /** Cancels the job if it cannot succeed, or if Spark does not detect its failure. */
    private void checkProgress() {
      if (attempts.failure().isPresent()) {
        cancel("a rank has failed");
      }
      if (signal != null && server.tasks() == 0 && attempts.secondsIdle() > 1) {
        cancel("stopped before the ranks began");
      }
      if (attempts.begun() && attempts.secondsIdle() > wait) {
        attempts.giveUp(
            new LaunchException(
                RankExit.FAILED,
                tooFewSlots(plan.ranks().workers(), slots()) + ", for " + wait + " s now"));
      }
    }

    private void cancel(String reason) {
      context.sc().cancelJobGroup(GROUP, reason);
    }

    private int slots() {
      SparkContext spark = context.sc();
      return spark.maxNumConcurrentTasks(spark.resourceProfileManager().defaultResourceProfile());
    }

    private int end(int code) {
      if (attempts.finalFailure().isPresent()) {
        throw attempts.finalFailure().get();
      }
      if (RankExit.isStopped(code)) {
        System.out.println(resumeHint());
      }
      return code;
    }

    private LaunchException failure(Throwable cause) {
      if (attempts.finalFailure().isPresent()) {
        return attempts.finalFailure().get();
      }
      String stopped = signal;
      if (stopped != null) {
        return new LaunchException(
            RankExit.ofSignal(stopped), "Stopped before the ranks could save.");
      }
      return tooFewSlots(cause)
          .orElseGet(
              () ->
                  new LaunchException(
                      RankExit.FAILED,
                      attempts
                              .lastCause()
                              .map(it -> "The ranks failed " + attempts.count() + " times: " + it)
                              .orElse("Spark has aborted the job: " + cause.getMessage())
                          + "\n"
                          + resumeHint()));
    }

    private Optional<LaunchException> tooFewSlots(Throwable failure) {
      for (Throwable each = failure; each != null; each = each.getCause()) {
        if (each instanceof BarrierJobSlotsNumberCheckFailed few) {
          return Optional.of(
              LaunchException.invalid(
                  tooFewSlots(few.requiredConcurrentTasks(), few.maxConcurrentTasks())
                      + ". Lower strategy.workers or spark.task.cpus, or add executors."));
        }
      }
      return Optional.empty();
    }

    private static String tooFewSlots(int needed, int available) {
      return "The training needs %s slots at once, one for each rank; the cluster has %s"
          .formatted(needed, available);
    }

    private String resumeHint() {
      return "resume with: %s train %s --spark %s"
          .formatted(
              System.getProperty(COMMAND, "./counterpoint"),
              quoted(plan.output()),
              quoted(context.sc().master()));
    }

    /** Quotes a shell argument. */
    private static String quoted(String word) {
      return word.matches("[\\p{L}\\p{N}_./:@%+=,~-]+")
          ? word
          : "'" + word.replace("'", "'\\''") + "'";
    }

    private void onSignal(String name) {
      long now = System.nanoTime();
      if (signal == null) {
        signal = name;
        signalled = now;
        System.err.println("Stopping after this step; a second signal stops at once.");
        server.stop(name);
      } else if (now - signalled > SECOND_SIGNAL_NANOS) {
        cancel("stopped at once");
      }
    }
  }
}
