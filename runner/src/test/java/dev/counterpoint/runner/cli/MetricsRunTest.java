package dev.counterpoint.runner.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.counterpoint.core.internal.storage.AtomicFile;
import dev.counterpoint.core.internal.storage.Json;
import dev.counterpoint.runner.cli.option.ExitCode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code metrics:} of a run file. */
class MetricsRunTest {
  private static final String OWN =
      """
      import ai.djl.ndarray.NDArray;
      import dev.counterpoint.core.data.*;
      import dev.counterpoint.core.metric.*;
      import java.util.Map;

      public record LabelShare(String label) implements MetricConfig {
        @Override
        public Metric create(DataSpec data) {
          int index = data.labels().indexOf(label);
          double[] sums = new double[2];
          return new Metric() {
            @Override
            public void add(NDArray output, Batch batch) {
              for (long actual : batch.labels().toLongArray()) {
                sums[0] += actual == index ? 1 : 0;
                sums[1]++;
              }
            }

            @Override
            public double[] sums() {
              return sums;
            }

            @Override
            public Map<String, Double> values(double[] all) {
              return Map.of("share", all[0] / all[1]);
            }
          };
        }
      }
      """;

  @TempDir private Path folder;
  private SmallRun small;

  @BeforeEach
  void write() throws IOException {
    small = SmallRun.in(folder);
  }

  private Terminal rejected(String... options) {
    Terminal terminal = new Terminal();
    List<String> arguments = new ArrayList<>(List.of("train", folder.resolve("small.yaml") + ""));
    arguments.addAll(List.of(options));
    arguments.addAll(List.of("--output", small.path()));
    assertThat(terminal.run(arguments.toArray(String[]::new))).isEqualTo(ExitCode.INVALID_REQUEST);
    return terminal;
  }

  private JsonNode lastValidation() throws IOException {
    return Files.readAllLines(small.run().resolve("metrics.jsonl")).stream()
        .map(row -> Json.parse(row, JsonNode.class))
        .filter(row -> row.path("split").asText().equals("validation"))
        .reduce((first, second) -> second)
        .orElseThrow();
  }

  @Test
  void metricsOfTheRunFileReplaceThoseOfTheTask() throws IOException {
    small.train(
        "--set",
        "metrics=[mcc, {type: f1, average: micro}]",
        "--set",
        "callbacks=[{type: best-model, metric: f1Micro}]");

    assertThat(lastValidation().fieldNames())
        .toIterable()
        .containsExactly("split", "step", "epoch", "loss", "mcc", "f1Micro");
    Terminal evaluate = new Terminal();
    evaluate.run("evaluate", small.path(), "--json");
    assertThat(Json.parse(evaluate.out(), JsonNode.class).path("validation").has("mcc")).isTrue();
  }

  @Test
  void aMonitoredMetricThatIsAlwaysNanIsReportedOnceAndInTheSummary() throws IOException {
    small.edit("other.tsv", Files.readString(folder.resolve("other.tsv")), "text\tlabel\na\tbad\n");

    Terminal terminal =
        small.train(
            "--set",
            "metrics=[roc-auc]",
            "--set",
            "callbacks=[{type: best-model, metric: rocAuc}]");

    assertThat(terminal.err()).containsOnlyOnce("rocAuc was always NaN");
    JsonNode summary = AtomicFile.readJson(small.run().resolve("summary.json"));
    assertThat(summary.path("warnings").path(0).asText()).contains("rocAuc", "best-model");
  }

  @Test
  void aMetricInOneFileIsMonitored() throws IOException {
    Files.writeString(folder.resolve("LabelShare.java"), OWN);
    small.train(
        "--classpath",
        folder.resolve("LabelShare.java").toString(),
        "--set",
        "metrics=[task, {type: LabelShare, label: good}]",
        "--set",
        "callbacks=[{type: best-model, metric: share, mode: max}]");

    assertThat(lastValidation().path("share").asDouble()).isEqualTo(3 / 5.0);
    assertThat(lastValidation().has("accuracy")).isTrue();
  }

  @Test
  void anUndeclaredModeIsRejected() throws IOException {
    Files.writeString(folder.resolve("LabelShare.java"), OWN);
    Terminal terminal =
        rejected(
            "--classpath",
            folder.resolve("LabelShare.java").toString(),
            "--set",
            "metrics=[{type: LabelShare, label: good}]",
            "--set",
            "callbacks=[{type: early-stop, metric: share}]");

    assertThat(terminal.err()).contains("\"share\"", "mode");
  }

  @Test
  void unknownMonitoredMetricsAreRejectedBeforeTheDataIsOpened() {
    Terminal terminal =
        rejected(
            "--set",
            "metrics=[mcc]",
            "--set",
            "callbacks=[{type: best-model, metric: mc}]",
            "--set",
            "data.train.path=missing.tsv");

    assertThat(terminal.err()).contains("\"mc\"", "mcc", "loss").doesNotContain("missing.tsv");
  }

  @Test
  void aMonitoredMetricOfAClassIsCheckedOnceTheClassesAreKnown() {
    String metrics = "metrics=[{type: f1, average: per-class}]";
    assertThat(
            rejected("--set", metrics, "--set", "callbacks=[{type: early-stop, metric: f1.goo}]")
                .err())
        .contains("\"f1.goo\"", "f1.good");
    small.train("--set", metrics, "--set", "callbacks=[{type: best-model, metric: f1.good}]");
  }

  @Test
  void aNameOfTwoMetricsIsRejected() {
    assertThat(
            rejected(
                    "--set",
                    "metrics=[f1, {type: f1, average: per-class}]",
                    "--set",
                    "callbacks=[]")
                .err())
        .contains("metrics", "\"f1\"");
    assertThat(rejected("--set", "metrics=[task, accuracy]").err()).contains("\"accuracy\"");
  }

  @Test
  void metricsMayChangeOnResume() throws IOException {
    small.train("--set", "training.epochs=1");
    small.resume("--set", "training.epochs=2", "--set", "metrics=[task, mcc]");

    assertThat(lastValidation().has("mcc")).isTrue();
  }
}
