package dev.counterpoint.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** The built program on a standalone Spark cluster with real processes, sockets and signals. */
@DisabledOnOs(OS.WINDOWS)
final class SparkTrainingTest {
  @TempDir private static Path folder;
  private static SparkCluster cluster;
  private static String expectedHash;

  /** All other trainings must have the same result as the one by the launcher of one machine. */
  @BeforeAll
  static void startTheClusterAndTrainOnOneMachine() throws Exception {
    cluster = SparkCluster.start(folder);
    Path run = folder.resolve("alone");
    List<String> arguments = Training.arguments(run);
    arguments.addAll(List.of("--set", "strategy.type=distributed"));
    try (Training training = start("alone", arguments)) {
      assertThat(training.exitCode()).as(training.output()).isZero();
    }
    expectedHash = Training.modelHash(run);
  }

  @AfterAll
  static void noProcessIsLeft() throws Exception {
    if (cluster != null) { // The start did not fail.
      cluster.endAllProcesses();
    }
  }

  @Test
  void resultEqualsThatOfOneMachine() throws Exception {
    Path run = folder.resolve("plain");
    try (Training training = start("plain", onSpark(run, Map.of()))) {
      assertThat(training.exitCode()).as(training.output()).isZero();
      assertThat(training.output()).contains("validation: loss").doesNotContain("restart 1");
    }
    assertThat(Training.modelHash(run)).isEqualTo(expectedHash);
    assertThat(run.resolve("logs/rank-0001.log")).content().contains("parameters on");
  }

  @Test
  void trainingContinuesAfterAnExecutorIsKilled() throws Exception {
    Path run = folder.resolve("killed");
    try (Training training = start("killed", onSpark(run, SparkCluster.programOfThisMachine()))) {
      training.awaitCheckpoint(run);
      List<ProcessHandle> executors = cluster.executors();
      assertThat(executors).hasSize(2);
      executors.get(1).destroyForcibly();

      assertThat(training.exitCode()).as(training.output()).isZero();
      assertThat(training.output()).contains("(restart 1 of 3)", "Resuming after step");
    }
    assertThat(Training.modelHash(run)).isEqualTo(expectedHash);
  }

  @Test
  void stoppedTrainingIsResumed() throws Exception {
    Path run = folder.resolve("stopped");
    try (Training training = start("stopped", onSpark(run, SparkCluster.programOfThisMachine()))) {
      training.awaitCheckpoint(run);
      cluster.executors();
      training.process().destroy(); // SIGTERM

      assertThat(training.exitCode()).as(training.output()).isEqualTo(143);
      assertThat(training.output())
          .contains("resume with: ./counterpoint train " + run + " --spark " + cluster.url());
    }
    List<String> arguments = new ArrayList<>(List.of(run.toString()));
    arguments.addAll(cluster.options());
    try (Training training = start("resuming", arguments)) {
      assertThat(training.exitCode()).as(training.output()).isZero();
    }
    assertThat(Training.modelHash(run)).isEqualTo(expectedHash);
  }

  @Test
  void runIsWrittenToAndResumedFromAHadoopFileSystem() throws Exception {
    Path run = folder.resolve("hadoop");
    Path idea = Files.writeString(folder.resolve("Halved.java"), HALVED);
    List<String> arguments =
        new ArrayList<>(
            List.of("sentiment", "--output", "file://" + run, "--classpath", idea.toString()));
    arguments.addAll(Training.small());
    arguments.addAll(List.of("--set", "loss.type=Halved", "--set", "training.epochs=1"));
    arguments.addAll(cluster.options());
    try (Training training = start("hadoop", arguments)) {
      assertThat(training.exitCode()).as(training.output()).isZero();
    }
    assertThat(run.resolve("checkpoints/step-00000100/SHA256SUMS")).exists();
    assertThat(run.resolve("logs/rank-0001.log")).content().contains("parameters on");
    assertThat(run.resolve("classpath/0/Halved.java")).hasContent(HALVED);
    String before = Training.modelHash(run);

    List<String> more = new ArrayList<>(List.of("file://" + run, "--set", "training.epochs=2"));
    more.addAll(cluster.options());
    try (Training training = start("hadoopResumed", more)) {
      assertThat(training.exitCode()).as(training.output()).isZero();
      assertThat(training.output()).contains("Resuming after step 100 of 200");
    }
    assertThat(Training.modelHash(run)).isNotEqualTo(before);
  }

  @Test
  void moreWorkersThanSlotsAreRefused() throws Exception {
    List<String> arguments =
        onSpark(
            folder.resolve("many"),
            Map.of(
                "spark.counterpoint.home", Training.home().toString(),
                "spark.scheduler.maxRegisteredResourcesWaitingTime", "10s",
                "spark.scheduler.barrier.maxConcurrentTasksCheck.interval", "1s",
                "spark.scheduler.barrier.maxConcurrentTasksCheck.maxFailures", "3"));
    arguments.addAll(List.of("--set", "strategy.workers=3"));
    try (Training training = start("many", arguments)) {
      assertThat(training.exitCode()).as(training.output()).isEqualTo(2);
      assertThat(training.output()).contains("needs 3 slots", "has 2");
    }
    assertThat(folder.resolve("many")).doesNotExist();
  }

  @Test
  void fileThatAnExecutorCannotReadIsNamed() throws Exception {
    List<String> arguments = onSpark(folder.resolve("absent"), SparkCluster.programOfThisMachine());
    arguments.addAll(List.of("--set", "data.train.path=/nowhere/train.tsv"));
    try (Training training = start("absent", arguments)) {
      assertThat(training.exitCode()).as(training.output()).isEqualTo(2);
      assertThat(training.output()).contains("data.train.path: /nowhere/train.tsv", "127.0.0.1");
    }
  }

  @Test
  void commonMistakesEndInOneMessageAndLeaveNoFiles() throws Exception {
    Path scratch = Files.createDirectory(folder.resolve("scratch"));
    Map<String, String> environment = new HashMap<>(cluster.environment());
    environment.merge("JAVA_TOOL_OPTIONS", "-Djava.io.tmpdir=" + scratch, (a, b) -> a + " " + b);

    assertMistake(
        environment,
        onSpark(folder.resolve("m1"), Map.of("spark.counterpoint.wait", "soon")),
        2,
        "counterpoint: spark.counterpoint.wait \"soon\"");
    List<String> withoutPort = Training.arguments(folder.resolve("m2"));
    withoutPort.addAll(List.of("--spark", "spark://nowhere"));
    assertMistake(environment, withoutPort, 1, "Invalid master URL: spark://nowhere");
    List<String> misspelled = onSpark(folder.resolve("m3"), Map.of());
    misspelled.addAll(List.of("--set", "training.epoch=1"));
    assertMistake(environment, misspelled, 2, "did you mean \"epochs\"?");

    try (Stream<Path> files = Files.list(scratch)) {
      assertThat(
              files.filter(file -> file.getFileName().toString().startsWith("counterpoint-spark-")))
          .isEmpty();
    }
  }

  private static void assertMistake(
      Map<String, String> environment, List<String> arguments, int code, String message)
      throws Exception {
    Path log = folder.resolve("mistake.log");
    try (Training training = Training.start(log, environment, arguments)) {
      assertThat(training.exitCode()).as(training.output()).isEqualTo(code);
      assertThat(training.output()).contains(message).doesNotContain("\tat ");
    }
  }

  @Test
  void missingSparkHomeIsNamed() throws Exception {
    Path log = folder.resolve("without.log");
    try (Training training =
        Training.start(log, Map.of("SPARK_HOME", ""), onSpark(folder.resolve("w"), Map.of()))) {
      assertThat(training.exitCode()).isEqualTo(2);
      assertThat(training.output()).contains("SPARK_HOME");
    }
  }

  private static Training start(String name, List<String> arguments) throws IOException {
    return Training.start(folder.resolve(name + ".log"), cluster.environment(), arguments);
  }

  private static List<String> onSpark(Path run, Map<String, String> settings) {
    List<String> arguments = Training.arguments(run);
    arguments.addAll(cluster.options(settings));
    return arguments;
  }

  private static final String HALVED =
      """
      import ai.djl.ndarray.NDArray;
      import dev.counterpoint.core.data.Batch;
      import dev.counterpoint.core.loss.CrossEntropy;
      import dev.counterpoint.core.loss.Loss;
      import dev.counterpoint.core.loss.LossSum;

      public record Halved() implements Loss {
        @Override
        public LossSum of(NDArray logits, Batch batch) {
          return CrossEntropy.defaults().of(logits, batch);
        }
      }
      """;
}
