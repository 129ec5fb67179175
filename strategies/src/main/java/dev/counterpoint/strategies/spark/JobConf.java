package dev.counterpoint.strategies.spark;

import dev.counterpoint.strategies.launch.Address;
import dev.counterpoint.strategies.launch.LaunchException;
import dev.counterpoint.strategies.launch.RankExit;
import org.apache.spark.SparkConf;
import org.apache.spark.api.java.JavaSparkContext;

/** Spark's settings for a job; the user's settings have precedence. */
public record JobConf(SparkConf given) {
  private static final String WAIT = "spark.counterpoint.wait";
  private static final String PORT = "spark.counterpoint.port";

  /**
   * How long the job waits for executors after an attempt has failed.
   *
   * @throws LaunchException if the setting is not a time
   */
  static long waitSeconds(SparkConf conf) {
    try {
      return conf.getTimeAsSeconds(WAIT, "300s");
    } catch (RuntimeException e) {
      throw LaunchException.invalid(
          WAIT + " \"" + conf.get(WAIT) + "\" must be a time, such as 300s or 10min.");
    }
  }

  /**
   * The driver's port for the connections of the tasks.
   *
   * @throws LaunchException if the setting is not a port
   */
  static int port(SparkConf conf) {
    return port(conf.get(PORT, "0"));
  }

  static int port(String port) {
    if (!port.matches("\\d{1,5}") || Integer.parseInt(port) > Address.MAX_PORT) {
      throw LaunchException.invalid(
          PORT + " \"" + port + "\" must be a port, or 0 for any free port.");
    }
    return Integer.parseInt(port);
  }

  /**
   * Starts Spark.
   *
   * @throws LaunchException if it does not start
   */
  public static JavaSparkContext start(SparkConf conf) {
    try {
      return new JavaSparkContext(conf);
    } catch (Exception e) { // Scala throws undeclared checked exceptions.
      throw new LaunchException(
          RankExit.FAILED,
          "Spark did not start with the master " + conf.get("spark.master", "(none)") + ": " + e);
    }
  }

  SparkConf completed(JobPlan plan) {
    int attempts = plan.ranks().maxRestarts() + 1;
    SparkConf conf = given.clone();
    String master = conf.get("spark.master", "");
    boolean local = master.startsWith("local[") || master.equals("local");
    conf.setIfMissing("spark.app.name", plan.name());
    // The driver prints why an attempt ended; Spark would print a stack trace of each task.
    conf.setIfMissing("spark.log.level", "FATAL");
    conf.setIfMissing("spark.stage.maxConsecutiveAttempts", Integer.toString(attempts));
    // A failed task ends the attempt of its stage, and must not abort the job.
    conf.setIfMissing("spark.task.maxFailures", Integer.toString(attempts + 1));
    conf.setIfMissing("spark.speculation", "false");
    conf.setIfMissing("spark.scheduler.barrier.maxConcurrentTasksCheck.interval", "1s");
    conf.setIfMissing(
        "spark.scheduler.barrier.maxConcurrentTasksCheck.maxFailures", local ? "1" : "30");
    conf.setIfMissing("spark.scheduler.minRegisteredResourcesRatio", "1.0");
    int cores = plan.ranks().workers() * conf.getInt("spark.task.cpus", 1);
    conf.setIfMissing("spark.cores.max", Integer.toString(cores));
    retryLocally(conf, attempts + 1);
    return conf;
  }

  /** Allows task failures with {@code local[N]}, where Spark aborts a job at the first one. */
  public static void retryLocally(SparkConf conf, int maxFailures) {
    String master = conf.get("spark.master", "");
    if (master.matches("local\\[(\\d+|\\*)]")) {
      conf.set("spark.master", master.replace("]", "," + maxFailures + "]"));
    }
  }
}
