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

/** The built program on a real cluster: processes, sockets and signals as they are. */
@DisabledOnOs(OS.WINDOWS)
final class SparkTrainingTest {
  private static final String STEPS_BETWEEN_CHECKPOINTS = "40";

  @TempDir private static Path folder;
  private static SparkCluster cluster;
  private static String expected;

  /** The same training by the launcher of one machine, which all others must equal. */
  @BeforeAll
  static void startTheClusterAndTrainOnOneMachine() throws Exception {
    cluster = SparkCluster.start(folder);
    Path run = folder.resolve("alone");
    List<String> arguments = arguments(run);
    arguments.addAll(List.of("--set", "strategy.type=distributed"));
    try (Training training = start("alone", arguments)) {
      assertThat(training.exitCode()).as(training.said()).isZero();
    }
    expected = Training.modelHash(run);
  }

  @AfterAll
  static void nobodyIsLeft() throws Exception {
    if (cluster == null) {
      return; // It has not started.
    }
    cluster.close();
    for (int i = 0; i < 100 && !cluster.left().isEmpty(); i++) {
      Thread.sleep(100);
    }
    assertThat(cluster.left()).isEmpty();
  }

  @Test
  void itEndsAsOnOneMachine() throws Exception {
    Path run = folder.resolve("undisturbed");
    try (Training training = start("undisturbed", onSpark(run, Map.of()))) {
      assertThat(training.exitCode()).as(training.said()).isZero();
      assertThat(training.said()).contains("validation: loss").doesNotContain("restart 1");
    }
    assertThat(Training.modelHash(run)).isEqualTo(expected);
    assertThat(run.resolve("logs/rank-0001.log")).content().contains("parameters on");
  }

  @Test
  void itEndsTheSameWhenAnExecutorIsKilled() throws Exception {
    Path run = folder.resolve("killed");
    try (Training training = start("killed", onSpark(run, here()))) {
      training.awaitCheckpoint(run);
      List<ProcessHandle> executors = cluster.executors();
      assertThat(executors).hasSize(2);
      executors.get(1).destroyForcibly();

      assertThat(training.exitCode()).as(training.said()).isZero();
      assertThat(training.said()).contains("(restart 1 of 3)", "Resuming after step");
    }
    assertThat(Training.modelHash(run)).isEqualTo(expected);
  }

  @Test
  void aSignalStopsItAndItGoesOn() throws Exception {
    Path run = folder.resolve("stopped");
    try (Training training = start("stopped", onSpark(run, here()))) {
      training.awaitCheckpoint(run);
      cluster.executors();
      training.process().destroy(); // SIGTERM

      assertThat(training.exitCode()).as(training.said()).isEqualTo(143);
      assertThat(training.said())
          .contains("resume with: ./counterpoint train " + run + " --spark " + cluster.url());
    }
    List<String> arguments = new ArrayList<>(List.of(run.toString()));
    arguments.addAll(spark(here()));
    try (Training training = start("resuming", arguments)) {
      assertThat(training.exitCode()).as(training.said()).isZero();
    }
    assertThat(Training.modelHash(run)).isEqualTo(expected);
  }

  @Test
  void aFileSystemOfHadoopsKeepsTheRun() throws Exception {
    Path place = folder.resolve("hadoop");
    Path idea = Files.writeString(folder.resolve("Halved.java"), HALVED);
    List<String> arguments =
        new ArrayList<>(
            List.of("sentiment", "--output", "file://" + place, "--classpath", idea.toString()));
    arguments.addAll(small());
    arguments.addAll(List.of("--set", "loss.type=Halved", "--set", "training.epochs=1"));
    arguments.addAll(spark(here()));
    try (Training training = start("hadoop", arguments)) {
      assertThat(training.exitCode()).as(training.said()).isZero();
    }
    assertThat(place.resolve("checkpoints/step-00000100/SHA256SUMS")).exists();
    assertThat(place.resolve("logs/rank-0001.log")).content().contains("parameters on");
    assertThat(place.resolve("classpath/0/Halved.java")).hasContent(HALVED);
    String before = Training.modelHash(place);

    List<String> more = new ArrayList<>(List.of("file://" + place, "--set", "training.epochs=2"));
    more.addAll(spark(here()));
    try (Training training = start("hadoopGoesOn", more)) {
      assertThat(training.exitCode()).as(training.said()).isZero();
      assertThat(training.said()).contains("Resuming after step 100 of 200");
    }
    assertThat(Training.modelHash(place)).isNotEqualTo(before);
  }

  @Test
  void moreRanksThanSlotsAreRefused() throws Exception {
    List<String> arguments =
        onSpark(
            folder.resolve("many"),
            Map.of("spark.scheduler.barrier.maxConcurrentTasksCheck.maxFailures", "3"));
    arguments.addAll(List.of("--set", "strategy.workers=3"));
    try (Training training = start("many", arguments)) {
      assertThat(training.exitCode()).as(training.said()).isEqualTo(2);
      assertThat(training.said()).contains("needs 3 slots", "has 2");
    }
    assertThat(folder.resolve("many")).doesNotExist();
  }

  @Test
  void aFileThatAnExecutorCannotReadIsNamed() throws Exception {
    List<String> arguments = onSpark(folder.resolve("absent"), here());
    arguments.addAll(List.of("--set", "data.train.path=/nowhere/train.tsv"));
    try (Training training = start("absent", arguments)) {
      assertThat(training.exitCode()).as(training.said()).isEqualTo(2);
      assertThat(training.said()).contains("data.train.path: /nowhere/train.tsv", "127.0.0.1");
    }
  }

  @Test
  void ordinaryMistakesAreToldInASentenceAndLeaveNothing() throws Exception {
    Path scratch = Files.createDirectory(folder.resolve("scratch"));
    Map<String, String> environment = new HashMap<>(cluster.environment());
    environment.put("JAVA_TOOL_OPTIONS", "-Djava.io.tmpdir=" + scratch);

    assertMistake(
        environment,
        onSpark(folder.resolve("m1"), Map.of("spark.counterpoint.wait", "soon")),
        2,
        "counterpoint: spark.counterpoint.wait \"soon\"");
    List<String> withoutAPort = arguments(folder.resolve("m2"));
    withoutAPort.addAll(List.of("--spark", "spark://nowhere"));
    assertMistake(environment, withoutAPort, 1, "Invalid master URL: spark://nowhere");
    List<String> misspelt = onSpark(folder.resolve("m3"), Map.of());
    misspelt.addAll(List.of("--set", "training.epoch=1"));
    assertMistake(environment, misspelt, 2, "did you mean \"epochs\"?");

    try (Stream<Path> left = Files.list(scratch)) {
      assertThat(left.filter(it -> it.getFileName().toString().startsWith("counterpoint-spark-")))
          .isEmpty();
    }
  }

  private static void assertMistake(
      Map<String, String> environment, List<String> arguments, int code, String sentence)
      throws Exception {
    Path log = folder.resolve("mistake.log");
    try (Training training = Training.start(log, environment, arguments)) {
      assertThat(training.exitCode()).as(training.said()).isEqualTo(code);
      assertThat(training.said()).contains(sentence).doesNotContain("\tat ");
    }
  }

  @Test
  void withoutSparkTheMessageSaysWhatIsMissing() throws Exception {
    Path log = folder.resolve("without.log");
    try (Training training =
        Training.start(log, Map.of("SPARK_HOME", ""), onSpark(folder.resolve("w"), Map.of()))) {
      assertThat(training.exitCode()).isEqualTo(2);
      assertThat(training.said()).contains("SPARK_HOME");
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
        "--set", "checkpoint.everySteps=" + STEPS_BETWEEN_CHECKPOINTS);
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

  /** The executors find the program where it is, so that it need not travel each time. */
  private static Map<String, String> here() {
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
