package dev.counterpoint.runner.spark;

import org.apache.spark.SparkConf;

/** Spark's settings for a training: what the user has set stays as it is. */
record JobConf(SparkConf given) {
  private static final String WAIT = "spark.counterpoint.wait";
  private static final int LARGEST_PORT = 65_535;
  private static final String PORT = "spark.counterpoint.port";

  /**
   * How long the job waits for executors after an attempt has failed.
   *
   * @throws JobFailed where what is set is no time
   */
  static long waitSeconds(SparkConf conf) {
    try {
      return conf.getTimeAsSeconds(WAIT, "300s");
    } catch (RuntimeException e) {
      throw JobFailed.wrong(WAIT + " \"" + conf.get(WAIT) + "\" must be a time, as 300s or 10min.");
    }
  }

  /**
   * The driver's port for the lines of the tasks.
   *
   * @throws JobFailed where what is set is none
   */
  static int port(SparkConf conf) {
    return port(conf.get(PORT, "0"));
  }

  static int port(String port) {
    if (!port.matches("\\d{1,5}") || Integer.parseInt(port) > LARGEST_PORT) {
      throw JobFailed.wrong(PORT + " \"" + port + "\" must be a port, or 0 for any that is free.");
    }
    return Integer.parseInt(port);
  }

  SparkConf completed(JobPlan plan) {
    int attempts = plan.maxRestarts() + 1;
    SparkConf conf = given.clone();
    String master = conf.get("spark.master", "");
    boolean local = master.startsWith("local[") || master.equals("local");
    conf.setIfMissing("spark.app.name", plan.name());
    // What ends an attempt is told in our words; Spark would show a stack trace of each.
    conf.setIfMissing("spark.log.level", "FATAL");
    conf.setIfMissing("spark.stage.maxConsecutiveAttempts", Integer.toString(attempts));
    // A task that fails ends its stage's attempt; Spark must not give the job up for it.
    conf.setIfMissing("spark.task.maxFailures", Integer.toString(attempts + 1));
    conf.setIfMissing("spark.speculation", "false");
    conf.setIfMissing("spark.scheduler.barrier.maxConcurrentTasksCheck.interval", "1s");
    conf.setIfMissing(
        "spark.scheduler.barrier.maxConcurrentTasksCheck.maxFailures", local ? "1" : "30");
    conf.setIfMissing("spark.scheduler.minRegisteredResourcesRatio", "1.0");
    int cores = plan.workers() * conf.getInt("spark.task.cpus", 1);
    conf.setIfMissing("spark.cores.max", Integer.toString(cores));
    if (master.matches("local\\[(\\d+|\\*)]")) {
      // In one process Spark gives a job up with its first failure, unless the master says more.
      conf.set("spark.master", master.replace("]", "," + (attempts + 1) + "]"));
    }
    return conf;
  }
}
