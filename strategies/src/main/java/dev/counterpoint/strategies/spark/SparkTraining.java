package dev.counterpoint.strategies.spark;

import dev.counterpoint.strategies.launch.LaunchException;
import dev.counterpoint.strategies.launch.ParentWatchdog;
import dev.counterpoint.strategies.launch.RankExit;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.apache.spark.SparkConf;
import org.apache.spark.deploy.SparkHadoopUtil;
import org.apache.spark.util.SignalUtils;

/**
 * The main class of the driver, started by {@code spark-submit} with the arguments of the command
 * {@code train}. It has the exit codes of that command.
 */
public final class SparkTraining {
  private static final String TRAIN = "train";

  private SparkTraining() {}

  public static void main(String[] arguments) {
    System.exit(exitCode(() -> run(List.of(arguments)), System.err));
  }

  /** Prints a failure as one message. */
  public static int exitCode(Callable<Integer> work, PrintStream err) {
    try {
      return work.call();
    } catch (LaunchException e) {
      if (e.getMessage() != null) {
        err.println("counterpoint: " + e.getMessage());
      }
      return e.exitCode();
    } catch (Exception e) {
      err.println("counterpoint: " + e);
      return RankExit.FAILED;
    }
  }

  /**
   * Passes the name of each stop signal to a handler, whether it comes from the system or from the
   * process that has started this driver; {@code TERM} if that process is gone.
   */
  public static void onStop(Consumer<String> handler) {
    ParentWatchdog.of(System.getenv(), code -> handler.accept("TERM")).onStop(handler);
    for (String name : RankExit.stopSignals()) {
      SignalUtils.register(
          name,
          () -> {
            handler.accept(name);
            return true; // No other handler is called.
          });
    }
  }

  private static int run(List<String> arguments) throws IOException, InterruptedException {
    if (arguments.isEmpty() || !arguments.get(0).equals(TRAIN)) {
      throw LaunchException.invalid("On Spark the only command is train RUN, with its options.");
    }
    Path scratch = Files.createTempDirectory("counterpoint-spark-");
    try {
      JobPlan plan = plan(TrainArguments.of(arguments), scratch);
      return new ClusterJob(plan, Files.readAllBytes(JobPlan.bundle(scratch)), new SparkConf())
          .run();
    } finally {
      TaskFolder.delete(scratch);
    }
  }

  /** Reads the run in a process with the program's own class path. */
  private static JobPlan plan(TrainArguments arguments, Path scratch)
      throws IOException, InterruptedException {
    TrainArguments local = arguments;
    if (RunStore.isUri(arguments.run())) {
      Path copy = scratch.resolve("run");
      HadoopStore.open(arguments.run(), copy, SparkHadoopUtil.get().conf()).fetchSettings();
      local = arguments.withRun(copy.toString());
    } else if (RunStore.isUri(arguments.output())) {
      local = arguments.withoutOutput();
    }
    Program.plan(local.words(), scratch);
    JobPlan plan = JobPlan.read(scratch);
    return Stream.of(arguments.run(), arguments.output())
        .filter(RunStore::isUri)
        .findFirst()
        .map(plan::withOutput)
        .orElse(plan);
  }
}
