package dev.counterpoint.runner.spark;

import org.apache.spark.SparkConf;

/** Spark's settings for a training: what the user has set stays as it is. */
record JobConf(SparkConf given) {
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
