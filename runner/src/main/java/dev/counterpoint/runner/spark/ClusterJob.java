package dev.counterpoint.runner.spark;

import dev.counterpoint.runner.LauncherCommand;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
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
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.scheduler.BarrierJobSlotsNumberCheckFailed;
import org.apache.spark.util.SignalUtils;
import org.jspecify.annotations.Nullable;
import scala.reflect.ClassTag;
import scala.reflect.ClassTag$;
import scala.runtime.AbstractFunction0;

/** One training as a job of Spark's, seen from the driver. */
final class ClusterJob {
  private static final String GROUP = "counterpoint";
  private static final long LOOK = 500; // milliseconds
  private static final long SECOND_SIGNAL = 1_000_000_000L; // nanoseconds; before: the same one

  private final JobPlan plan;
  private final byte[] bundle;
  private final SparkConf conf;
  private final String secret = Proof.random();
  private final Attempts attempts;
  private final long wait;

  /**
   * A job that has not begun.
   *
   * @param bundle the ZIP file that travels with it
   * @param conf as the user has it; what is missing for a training is added
   * @throws JobFailed where a setting of ours has an impossible value
   */
  ClusterJob(JobPlan plan, byte[] bundle, SparkConf conf) {
    this.plan = plan;
    this.bundle = bundle;
    this.conf = new JobConf(conf).completed(plan);
    attempts = new Attempts(plan.maxRestarts());
    wait = JobConf.waitSeconds(this.conf);
  }

  /**
   * Trains.
   *
   * @return the exit code of the ranks
   * @throws JobFailed where they did not come to their end, with the reason
   */
  int run() throws IOException, InterruptedException {
    try (JavaSparkContext context = context()) {
      String home = conf.get("spark.counterpoint.home", "");
      try (Desk desk = open(context.getConf())) {
        DriverLine.Address address =
            new DriverLine.Address(context.getConf().get("spark.driver.host"), desk.port(), secret);
        Broadcast<byte[]> travelling = context.broadcast(bundle);
        RankTask task =
            new RankTask(plan, program(context, home), RankOptions.of(conf), address, travelling);
        return new Course(context, desk).follow(task);
      }
    }
  }

  private JavaSparkContext context() {
    try {
      return new JavaSparkContext(conf);
    } catch (Exception e) { // Scala throws checked ones that it does not declare.
      throw new JobFailed(
          JobFailed.RUN_FAILED,
          "Spark did not start with the master " + conf.get("spark.master", "(none)") + ": " + e);
    }
  }

  private Desk open(SparkConf actual) throws IOException {
    String host = actual.get("spark.driver.bindAddress", actual.get("spark.driver.host"));
    int port = JobConf.port(actual);
    return Desk.open(InetAddress.getByName(host), port, secret, attempts);
  }

  /** The jars go to the executors with the job, unless these have the program already. */
  private static Program program(JavaSparkContext context, String home) {
    Path own = Program.ownHome();
    if (!home.isEmpty()) {
      return new Program(home, List.of());
    }
    if (context.isLocal()) {
      return new Program(own.toString(), List.of());
    }
    List<Path> jars = Program.jarsIn(own);
    jars.forEach(jar -> context.addFile(jar.toUri().toString()));
    return new Program(null, jars.stream().map(jar -> jar.getFileName().toString()).toList());
  }

  /** From the start of the job to its end. */
  private final class Course {
    private final JavaSparkContext context;
    private final Desk desk;
    private volatile @Nullable String signal;
    private volatile long signalled;

    Course(JavaSparkContext context, Desk desk) {
      this.context = context;
      this.desk = desk;
    }

    int follow(RankTask task) throws InterruptedException {
      DriverLeash.hold(this::received);
      SignalUtils.register("INT", action("INT"));
      SignalUtils.register("TERM", action("TERM"));
      FutureTask<Integer> job = new FutureTask<>(() -> train(task));
      Thread thread = new Thread(job, "job");
      thread.setDaemon(true);
      thread.start();
      try {
        while (true) {
          try {
            return end(job.get(LOOK, TimeUnit.MILLISECONDS));
          } catch (TimeoutException e) {
            look();
          }
        }
      } catch (ExecutionException e) {
        throw failure(Objects.requireNonNull(e.getCause()));
      }
    }

    /** A stage whose results are only reshuffled afterwards is one that Spark tries again. */
    private int train(RankTask task) {
      ClassTag<Integer> type = ClassTag$.MODULE$.apply(Integer.class);
      context.setJobGroup(GROUP, plan.name() + ": " + plan.workers() + " ranks", true);
      JavaRDD<Integer> ranks =
          context.parallelize(Collections.nCopies(plan.workers(), 0), plan.workers());
      return Collections.max(
          JavaRDD.fromRDD(ranks.rdd().barrier().mapPartitions(task, false, type), type)
              .repartition(1)
              .collect());
    }

    /** Looks whether there is something that the job will not see by itself. */
    private void look() {
      if (attempts.verdict().isPresent()) {
        cancel("a rank has given it up");
      }
      if (signal != null && desk.ranks() == 0 && attempts.secondsIdle() > 1) {
        cancel("stopped before the ranks began");
      }
      if (attempts.begun() && attempts.secondsIdle() > wait) {
        attempts.giveUp(
            new JobFailed(
                JobFailed.RUN_FAILED, slots(plan.workers(), slots()) + ", for " + wait + " s now"));
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
      if (attempts.lastVerdict().isPresent()) {
        throw attempts.lastVerdict().get();
      }
      if (code == 130 || code == 143) {
        System.out.println(resume());
      }
      return code;
    }

    private JobFailed failure(Throwable cause) {
      if (attempts.lastVerdict().isPresent()) {
        return attempts.lastVerdict().get();
      }
      String stopped = signal;
      if (stopped != null) {
        return new JobFailed(
            stopped.equals("INT") ? 130 : 143, "Stopped before the ranks could save.");
      }
      return tooFewSlots(cause)
          .orElseGet(
              () ->
                  new JobFailed(
                      JobFailed.RUN_FAILED,
                      attempts
                              .last()
                              .map(it -> "The ranks failed " + attempts.count() + " times: " + it)
                              .orElse("Spark has given the job up: " + cause.getMessage())
                          + "\n"
                          + resume()));
    }

    private Optional<JobFailed> tooFewSlots(Throwable failure) {
      for (Throwable each = failure; each != null; each = each.getCause()) {
        if (each instanceof BarrierJobSlotsNumberCheckFailed few) {
          return Optional.of(
              JobFailed.wrong(
                  slots(few.requiredConcurrentTasks(), few.maxConcurrentTasks())
                      + ". Lower strategy.workers or spark.task.cpus, or add executors."));
        }
      }
      return Optional.empty();
    }

    private static String slots(int needed, int found) {
      return "The training needs "
          + needed
          + " slots at once, one for each rank; the cluster has "
          + found;
    }

    private String resume() {
      return "go on with: "
          + LauncherCommand.line("train", plan.output(), "--spark", context.sc().master());
    }

    private AbstractFunction0<Object> action(String name) {
      return new AbstractFunction0<>() {
        @Override
        public Object apply() {
          received(name);
          return true; // nobody else need act
        }
      };
    }

    private void received(String name) {
      long now = System.nanoTime();
      if (signal == null) {
        signal = name;
        signalled = now;
        System.err.println("Stopping after this step (once more to stop at once) ...");
        desk.stop(name);
      } else if (now - signalled > SECOND_SIGNAL) {
        cancel("stopped at once");
      }
    }
  }
}
