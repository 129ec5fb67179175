package dev.counterpoint.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
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
    List<String> arguments = arguments(run);
    arguments.addAll(List.of("--set", "strategy.type=distributed"));
    try (Training training = start("alone", arguments)) {
      assertThat(training.exitCode()).as(training.output()).isZero();
    }
    expectedHash = Training.modelHash(run);
  }

  @AfterAll
  static void noProcessIsLeft() throws Exception {
    if (cluster == null) {
      return; // The start failed.
    }
    cluster.close();
    for (int i = 0; i < 100 && !cluster.remaining().isEmpty(); i++) {
      Thread.sleep(100);
    }
    assertThat(cluster.remaining()).isEmpty();
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
    try (Training training = start("killed", onSpark(run, programOfThisMachine()))) {
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
    try (Training training = start("stopped", onSpark(run, programOfThisMachine()))) {
      training.awaitCheckpoint(run);
      cluster.executors();
      training.process().destroy(); // SIGTERM

      assertThat(training.exitCode()).as(training.output()).isEqualTo(143);
      assertThat(training.output())
          .contains("resume with: ./counterpoint train " + run + " --spark " + cluster.url());
    }
    List<String> arguments = new ArrayList<>(List.of(run.toString()));
    arguments.addAll(spark(programOfThisMachine()));
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
    arguments.addAll(small());
    arguments.addAll(List.of("--set", "loss.type=Halved", "--set", "training.epochs=1"));
    arguments.addAll(spark(programOfThisMachine()));
    try (Training training = start("hadoop", arguments)) {
      assertThat(training.exitCode()).as(training.output()).isZero();
    }
    assertThat(run.resolve("checkpoints/step-00000100/SHA256SUMS")).exists();
    assertThat(run.resolve("logs/rank-0001.log")).content().contains("parameters on");
    assertThat(run.resolve("classpath/0/Halved.java")).hasContent(HALVED);
    String before = Training.modelHash(run);

    List<String> more = new ArrayList<>(List.of("file://" + run, "--set", "training.epochs=2"));
    more.addAll(spark(programOfThisMachine()));
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
    List<String> arguments = onSpark(folder.resolve("absent"), programOfThisMachine());
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
    List<String> withoutPort = arguments(folder.resolve("m2"));
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

  @Test
  void filesAreScoredByTasksAndASecondStartContinues() throws Exception {
    Path table = Files.createDirectory(folder.resolve("table"));
    Files.writeString(table.resolve("a.csv"), "id,sentence\n1,a fine film\n2,dull\n");
    Files.writeString(table.resolve("b.csv"), "id,sentence\n3,not bad\n");
    Files.writeString(
        table.resolve("c.csv"), "id,sentence\n"); // without rows, as Spark writes some
    Path scores = folder.resolve("scores.csv");

    assertThat(predict(table, scores, spark(programOfThisMachine()))).as(log()).isZero();
    assertThat(log()).contains("3 of 3 files");
    assertThat(scores.resolve("part-00000.csv")).content().contains("id,", "1,", "2,");
    assertThat(scores.resolve("part-00002.csv")).hasContent("id,prediction,probability\n");
    assertThat(scores.resolve("_temporary")).doesNotExist();
    Path alone = folder.resolve("alone.csv");
    assertThat(predict(table.resolve("b.csv"), alone, List.of())).isZero();
    String second = Files.readString(alone);
    assertThat(scores.resolve("part-00001.csv")).hasContent(second);

    Files.delete(scores.resolve("part-00001.csv"));
    FileTime time = Files.getLastModifiedTime(scores.resolve("part-00000.csv"));
    assertThat(predict(table, scores, spark(programOfThisMachine()))).as(log()).isZero();
    assertThat(scores.resolve("part-00001.csv")).hasContent(second);
    assertThat(Files.getLastModifiedTime(scores.resolve("part-00000.csv"))).isEqualTo(time);

    Files.writeString(table.resolve("b.csv"), "id,sentence\n3,\n");
    assertThat(predict(table, scores, spark(programOfThisMachine()))).as(log()).isEqualTo(2);
    assertThat(log()).contains("scores.csv exists");
  }

  @Test
  void invalidRowEndsTheScoringWithItsFileAndLine() throws Exception {
    Path table = Files.createDirectory(folder.resolve("invalid"));
    Files.writeString(table.resolve("a.csv"), "id,sentence\n1,good\n");
    Files.write(
        table.resolve("b.csv"), "id,sentence\n2,\u00e9\n".getBytes(StandardCharsets.ISO_8859_1));
    Path scores = folder.resolve("invalid.csv");

    assertThat(predict(table, scores, spark(programOfThisMachine()))).as(log()).isEqualTo(2);
    assertThat(log())
        .contains("b.csv", "UTF-8")
        .doesNotContain("\tat ", "counterpoint: counterpoint");
  }

  @Test
  void trialsOfASweepAreJobs() throws Exception {
    Path sweep = folder.resolve("sweep");
    List<String> arguments = arguments(sweep);
    arguments.addAll(List.of("--set", "training.epochs=1"));
    arguments.addAll(List.of("--sweep", "training.optimizer.learningRate=1e-3,1e-4"));
    arguments.addAll(spark(programOfThisMachine()));
    Path log = folder.resolve("tune.log");
    try (Training process = Training.start("tune", log, cluster.environment(), arguments)) {
      assertThat(process.exitCode()).as(process.output()).isZero();
      assertThat(process.output()).contains("best: --set training.optimizer.learningRate=");
    }
    assertThat(sweep.resolve("trial-0002/logs/rank-0001.log")).content().contains("parameters on");
  }

  private static int predict(Path table, Path scores, List<String> more) throws Exception {
    List<String> arguments = new ArrayList<>(List.of(folder.resolve("alone").toString()));
    arguments.addAll(List.of("--data", table.toString(), "--output", scores.toString()));
    arguments.addAll(List.of("--keep", "id"));
    arguments.addAll(more);
    Path log = folder.resolve("predict.log");
    try (Training process = Training.start("predict", log, cluster.environment(), arguments)) {
      return process.exitCode();
    }
  }

  private static String log() throws IOException {
    return Files.readString(folder.resolve("predict.log"));
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

  private static List<String> arguments(Path run) {
    List<String> arguments = new ArrayList<>(List.of("sentiment", "--output", run.toString()));
    arguments.addAll(small());
    return arguments;
  }

  /** 200 steps. */
  private static List<String> small() {
    return List.of(
        "--set", "strategy.workers=2",
        "--set", "model.width=16",
        "--set", "model.layers=1",
        "--set", "training.batchSize=96",
        "--set", "training.epochs=2",
        "--set", "callbacks=[]",
        "--set", "checkpoint.everySteps=40");
  }

  private static List<String> onSpark(Path run, Map<String, String> settings) {
    List<String> arguments = arguments(run);
    arguments.addAll(spark(settings));
    return arguments;
  }

  private static List<String> spark(Map<String, String> settings) {
    List<String> arguments = new ArrayList<>(List.of("--spark", cluster.url()));
    arguments.addAll(List.of("--conf", "spark.executor.memory=512m"));
    arguments.addAll(List.of("--conf", "spark.ui.enabled=false"));
    settings.forEach((key, value) -> arguments.addAll(List.of("--conf", key + "=" + value)));
    return arguments;
  }

  /** The executors use the program of this machine, so that no job sends it to them. */
  private static Map<String, String> programOfThisMachine() {
    return Map.of("spark.counterpoint.home", Training.home().toString());
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
