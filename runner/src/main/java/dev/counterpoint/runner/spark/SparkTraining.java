package dev.counterpoint.runner.spark;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.apache.spark.SparkConf;
import org.apache.spark.deploy.SparkHadoopUtil;

/**
 * The driver of a training on Spark, to be started by {@code spark-submit} with the arguments of
 * the command {@code train}. Its exit codes are those of that command.
 */
public final class SparkTraining {
  private static final String TRAIN = "train";

  private SparkTraining() {}

  public static void main(String[] arguments) {
    System.exit(exitCode(() -> run(List.of(arguments)), System.err));
  }

  /** Whatever ends the driver is told in one sentence. */
  static int exitCode(Callable<Integer> work, PrintStream err) {
    try {
      return work.call();
    } catch (JobFailed e) {
      if (e.getMessage() != null) {
        err.println("counterpoint: " + e.getMessage());
      }
      return e.exitCode();
    } catch (Exception e) {
      err.println("counterpoint: " + e);
      return JobFailed.RUN_FAILED;
    }
  }

  private static int run(List<String> arguments) throws IOException, InterruptedException {
    if (arguments.isEmpty() || !arguments.get(0).equals(TRAIN)) {
      throw JobFailed.wrong("On Spark there is one command: train RUN, with its options.");
    }
    Path scratch = Files.createTempDirectory("counterpoint-spark-");
    try {
      JobPlan plan = plan(TrainArguments.of(arguments), scratch);
      return new ClusterJob(plan, Files.readAllBytes(JobPlan.bundle(scratch)), new SparkConf())
          .run();
    } finally {
      delete(scratch);
    }
  }

  /** Asks the program itself what the run is, in a process with the program's class path. */
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
    List<String> command =
        Program.command(
            Program.jarsIn(Program.ownHome()), List.of("-XX:+UseSerialGC", "-XX:-UsePerfData"));
    command.addAll(local.words());
    command.addAll(List.of("--plan", scratch.toString()));
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .redirectOutput(ProcessBuilder.Redirect.INHERIT)
            .redirectError(ProcessBuilder.Redirect.INHERIT);
    builder.environment().remove(DriverLeash.VARIABLE);
    int code = builder.start().waitFor();
    if (code != 0) {
      throw JobFailed.told(code);
    }
    JobPlan plan = JobPlan.read(scratch);
    return Stream.of(arguments.run(), arguments.output())
        .filter(RunStore::isUri)
        .findFirst()
        .map(plan::withOutput)
        .orElse(plan);
  }

  private static void delete(Path folder) throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : new ArrayList<>(files.sorted(Comparator.reverseOrder()).toList())) {
        Files.deleteIfExists(file);
      }
    }
  }
}
