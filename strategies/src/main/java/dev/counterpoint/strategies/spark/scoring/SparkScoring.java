package dev.counterpoint.strategies.spark.scoring;

import dev.counterpoint.strategies.launch.LaunchException;
import dev.counterpoint.strategies.launch.RankExit;
import dev.counterpoint.strategies.spark.JobConf;
import dev.counterpoint.strategies.spark.Program;
import dev.counterpoint.strategies.spark.SparkTraining;
import dev.counterpoint.strategies.spark.TaskFolder;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.IntStream;
import org.apache.spark.SparkConf;
import org.apache.spark.SparkStageInfo;
import org.apache.spark.api.java.JavaFutureAction;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.api.java.JavaSparkStatusTracker;
import org.apache.spark.util.CollectionAccumulator;
import org.jspecify.annotations.Nullable;

/**
 * The main class of the driver, started with the arguments of the command {@code predict}. It has
 * the exit codes of that command.
 */
public final class SparkScoring {
  private static final String GROUP = "counterpoint";
  private static final long POLL_MILLIS = 500;
  private static final long PROGRESS_NANOS = TimeUnit.SECONDS.toNanos(10);

  private final ScoringPlan plan;
  private final JavaSparkContext context;
  private final CollectionAccumulator<String> refusals;
  private volatile @Nullable String signal;

  private SparkScoring(ScoringPlan plan, JavaSparkContext context) {
    this.plan = plan;
    this.context = context;
    refusals = context.sc().collectionAccumulator("refusals");
  }

  public static void main(String[] arguments) {
    System.exit(SparkTraining.exitCode(() -> run(List.of(arguments)), System.err));
  }

  private static int run(List<String> arguments) throws IOException, InterruptedException {
    Path scratch = Files.createTempDirectory("counterpoint-spark-");
    try {
      Program.plan(arguments, scratch);
      ScoringPlan plan = ScoringPlan.read(scratch);
      SparkConf conf = new SparkConf();
      conf.setIfMissing("spark.app.name", plan.output());
      conf.setIfMissing("spark.log.level", "FATAL"); // The driver prints why the job has failed.
      JobConf.retryLocally(conf, conf.getInt("spark.task.maxFailures", 4));
      // Another start of the same job may still run.
      Path attempts = plan.unfinished().resolve(UUID.randomUUID().toString());
      boolean isComplete = false;
      try (JavaSparkContext context = JobConf.start(conf)) {
        new SparkScoring(plan, context).predict(attempts);
        isComplete = true;
      } finally {
        delete(isComplete ? plan.unfinished() : attempts);
      }
      return 0;
    } finally {
      TaskFolder.delete(scratch);
    }
  }

  /** Deletes incomplete parts, although tasks that are being killed may still write some. */
  private static void delete(Path unfinished) {
    try {
      TaskFolder.delete(unfinished);
    } catch (IOException | UncheckedIOException e) {
      System.err.println("Files of unfinished parts remain in " + unfinished + ".");
    }
  }

  private void predict(Path attempts) throws IOException, InterruptedException {
    SparkTraining.onStop(this::onSignal);
    context.setJobGroup(GROUP, plan.output(), true);
    int files = plan.files().size();
    List<Integer> indexes = IntStream.range(0, files).boxed().toList();
    PartTask task = new PartTask(plan, Program.of(context), attempts.toString(), refusals);
    try {
      await(context.parallelize(indexes, files).foreachAsync(task));
    } catch (ExecutionException e) {
      throw failure(e);
    } finally {
      context.cancelJobGroup(GROUP);
    }
    if (!refusals.isZero()) {
      throw refused();
    }
    System.err.println(progress() + ": " + plan.output());
  }

  private void await(JavaFutureAction<Void> job) throws ExecutionException, InterruptedException {
    long printed = System.nanoTime();
    while (true) {
      try {
        job.get(POLL_MILLIS, TimeUnit.MILLISECONDS);
        return;
      } catch (TimeoutException e) {
        if (signal != null || !refusals.isZero()) {
          context.cancelJobGroup(GROUP);
        }
      }
      if (System.nanoTime() - printed > PROGRESS_NANOS) {
        int running = running();
        String hint = running == 0 ? "; Spark may be waiting for executors" : "";
        System.err.println(progress() + "; running tasks: " + running + hint);
        printed = System.nanoTime();
      }
    }
  }

  private String progress() {
    int files = plan.files().size();
    long predicted =
        IntStream.range(0, files).filter(index -> Files.exists(plan.part(index))).count();
    return predicted + " of " + files + " files predicted";
  }

  private int running() {
    JavaSparkStatusTracker tracker = context.statusTracker();
    return Arrays.stream(tracker.getActiveStageIds())
        .mapToObj(tracker::getStageInfo)
        .filter(Objects::nonNull)
        .mapToInt(SparkStageInfo::numActiveTasks)
        .sum();
  }

  private LaunchException failure(ExecutionException cause) {
    String stopped = signal;
    if (stopped != null) {
      return new LaunchException(
          RankExit.ofSignal(stopped),
          "Stopped: " + progress() + ". Run the same command to continue.");
    }
    return refusals.isZero()
        ? new LaunchException(
            RankExit.FAILED, "Spark has aborted the job, " + progress() + ": " + reason(cause))
        : refused();
  }

  /** Spark's message without the stack traces of task and driver that follow it. */
  private static String reason(ExecutionException failure) {
    return String.valueOf(Objects.requireNonNull(failure.getCause()).getMessage())
        .replaceFirst("(?s)\n\tat .*", "");
  }

  private LaunchException refused() {
    return new LaunchException(RankExit.INVALID_REQUEST, refusals.value().get(0));
  }

  private void onSignal(String name) {
    signal = name;
  }
}
