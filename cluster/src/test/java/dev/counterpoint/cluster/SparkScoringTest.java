package dev.counterpoint.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Scoring of tables and sweeps on a standalone cluster of two workers. */
@DisabledOnOs(OS.WINDOWS)
final class SparkScoringTest {
  @TempDir private static Path folder;
  private static SparkCluster cluster;

  @BeforeAll
  static void startTheClusterAndTrain() throws Exception {
    cluster = SparkCluster.start(folder);
    List<String> arguments = Training.arguments(folder.resolve("trained"));
    arguments.addAll(List.of("--set", "training.epochs=1", "--set", "strategy={type: standard}"));
    Path log = folder.resolve("trained.log");
    try (Training training = Training.start(log, cluster.environment(), arguments)) {
      assertThat(training.exitCode()).as(training.output()).isZero();
    }
  }

  @AfterAll
  static void noProcessIsLeft() throws Exception {
    if (cluster != null) { // The start did not fail.
      cluster.endAllProcesses();
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

    assertThat(predict(table, scores, cluster.options())).as(log()).isZero();
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
    assertThat(predict(table, scores, cluster.options())).as(log()).isZero();
    assertThat(scores.resolve("part-00001.csv")).hasContent(second);
    assertThat(Files.getLastModifiedTime(scores.resolve("part-00000.csv"))).isEqualTo(time);

    Files.writeString(table.resolve("b.csv"), "id,sentence\n3,\n");
    assertThat(predict(table, scores, cluster.options())).as(log()).isEqualTo(2);
    assertThat(log()).contains("scores.csv exists");
  }

  @Test
  void invalidRowEndsTheScoringWithItsFileAndLine() throws Exception {
    Path table = Files.createDirectory(folder.resolve("invalid"));
    Files.writeString(table.resolve("a.csv"), "id,sentence\n1,good\n");
    Files.write(
        table.resolve("b.csv"), "id,sentence\n2,\u00e9\n".getBytes(StandardCharsets.ISO_8859_1));
    Path scores = folder.resolve("invalid.csv");

    assertThat(predict(table, scores, cluster.options())).as(log()).isEqualTo(2);
    assertThat(log())
        .contains("b.csv", "UTF-8")
        .doesNotContain("\tat ", "counterpoint: counterpoint");
  }

  @Test
  void trialsOfASweepAreJobs() throws Exception {
    Path sweep = folder.resolve("sweep");
    List<String> arguments = Training.arguments(sweep);
    arguments.addAll(List.of("--set", "training.epochs=1"));
    arguments.addAll(List.of("--sweep", "training.optimizer.learningRate=1e-3,1e-4"));
    arguments.addAll(cluster.options());
    Path log = folder.resolve("tune.log");
    try (Training process = Training.start("tune", log, cluster.environment(), arguments)) {
      assertThat(process.exitCode()).as(process.output()).isZero();
      assertThat(process.output()).contains("best: --set training.optimizer.learningRate=");
    }
    assertThat(sweep.resolve("trial-0002/logs/rank-0001.log")).content().contains("parameters on");
  }

  private static int predict(Path table, Path scores, List<String> more) throws Exception {
    List<String> arguments = new ArrayList<>(List.of(folder.resolve("trained").toString()));
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
}
