package dev.counterpoint.core.callback;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.counterpoint.core.metric.Evaluation;
import dev.counterpoint.core.settings.InvalidSettings;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MetricsFileTest {
  private static final JsonMapper JSON = new JsonMapper();
  private static final TrainingEnd END =
      new TrainingEnd(3, 1, 1, Optional.empty(), 24, 24, 1, null);

  @TempDir private Path directory;
  private Path file;

  @BeforeEach
  void name() {
    file = directory.resolve("metrics.jsonl");
  }

  @Test
  void writesATrainingRowEveryNSteps() throws IOException {
    MetricsFile metrics = new MetricsFile(file, 2);

    steps(metrics, 1, 5);

    assertThat(rows()).extracting(row -> row.path("step").asLong()).containsExactly(2L, 4L);
  }

  @Test
  void aTrainingRowHasMeansOverItsStepsAndTheLastLearningRateAndNorm() throws IOException {
    MetricsFile metrics = new MetricsFile(file, 2);

    metrics.onStep(new StepReport(1, 1, 2.0, 10, 0.1, 5, 10, 100, 0.5, 0.25, Map.of()));
    metrics.onStep(new StepReport(2, 1, 4.0, 30, 0.2, 6, 30, 200, 1.5, 0, Map.of()));

    assertThat(rows().get(0))
        .isEqualTo(
            JSON.readTree(
                """
                {"split": "train", "step": 2, "epoch": 1, "loss": 3.5, "learningRate": 0.2,
                 "gradientNorm": 6.0, "itemsPerSecond": 20.0, "tokensPerSecond": 150.0, "waitShare": 0.125}"""));
  }

  @Test
  void aRowDoesNotDependOnThePreviousRow() throws IOException {
    MetricsFile metrics = new MetricsFile(file, 1);

    metrics.onStep(new StepReport(1, 1, 2.0, 10, 0.1, 5, 10, 100, 0.5, 0.25, Map.of()));
    metrics.onStep(new StepReport(2, 1, 4.0, 30, 0.2, 6, 30, 200, 1.5, 0, Map.of()));

    assertThat(rows().get(1).path("loss").asDouble()).isEqualTo(4);
    assertThat(rows().get(1).path("itemsPerSecond").asDouble()).isEqualTo(20);
  }

  @Test
  void aValidationRowHasEveryMetric() throws IOException {
    validate(new MetricsFile(file, 1), 3, Map.of("loss", 0.5, "accuracy", 0.75));

    assertThat(rows())
        .containsExactly(
            JSON.readTree(
                "{\"split\": \"validation\", \"step\": 3, \"epoch\": 1, \"loss\": 0.5, \"accuracy\": 0.75}"));
  }

  @Test
  void aNonFiniteNumberIsNull() throws IOException {
    validate(new MetricsFile(file, 1), 3, Map.of("f1", Double.NaN));

    assertThat(rows().get(0).path("f1").isNull()).isTrue();
  }

  @Test
  void aNewRunDropsTheRowsOfAnother() throws IOException {
    steps(new MetricsFile(file, 1), 1, 3);

    start(new MetricsFile(file, 1), 0);

    assertThat(rows()).isEmpty();
  }

  @Test
  void aResumedRunDropsTheRowsOfStepsThatAreRepeated() throws IOException {
    MetricsFile before = new MetricsFile(file, 1);
    steps(before, 1, 4);
    validate(before, 4, Map.of("loss", 0.5));
    steps(before, 5, 7);

    start(new MetricsFile(file, 1), 4);

    assertThat(rows())
        .extracting(row -> row.path("split").asText() + row.path("step").asLong())
        .containsExactly("train1", "train2", "train3", "train4", "validation4");
  }

  @Test
  void anIncompleteRowIsDropped() throws IOException {
    steps(new MetricsFile(file, 1), 1, 2);
    append("{\"split\":\"train\",\"st".getBytes(StandardCharsets.UTF_8));

    MetricsFile after = new MetricsFile(file, 1);
    start(after, 2);
    steps(after, 3, 3);

    assertThat(rows()).extracting(row -> row.path("step").asLong()).containsExactly(1L, 2L, 3L);
  }

  @Test
  void aRowCutWithinACharacterIsDropped() throws IOException {
    steps(new MetricsFile(file, 1), 1, 2);
    append("{\"split\":\"validation\",\"f1.na".getBytes(StandardCharsets.UTF_8));
    append(new byte[] {(byte) 0xC3});

    start(new MetricsFile(file, 1), 2);

    assertThat(rows()).extracting(row -> row.path("step").asLong()).containsExactly(1L, 2L);
  }

  @Test
  void aResumedRunWritesTheSameMeansAsAnUninterruptedRun() throws IOException {
    MetricsFile before = new MetricsFile(file, 2);
    before.onStep(new StepReport(1, 1, 2.0, 10, 0.1, 5, 10, 100, 0.5, 0.25, Map.of()));
    MetricsFile after = new MetricsFile(file, 2);

    after.loadState(before.state());
    after.onStep(new StepReport(2, 1, 4.0, 30, 0.2, 6, 30, 200, 1.5, 0, Map.of()));

    assertThat(rows().get(0).path("loss").asDouble()).isEqualTo(3.5);
    assertThat(rows().get(0).path("itemsPerSecond").asDouble()).isEqualTo(20);
  }

  @Test
  void theFinalPartialRowIsRemovedOnResume() throws IOException {
    MetricsFile before = new MetricsFile(file, 2);
    steps(before, 1, 3);
    before.onEnd(END);
    MetricsFile after = new MetricsFile(file, 2);

    after.loadState(before.state());
    start(after, 3);
    steps(after, 4, 4);

    assertThat(rows()).extracting(row -> row.path("step").asLong()).containsExactly(2L, 4L);
  }

  @Test
  void aRowThatCannotBeWrittenIsAnErrorThatNamesTheFile() {
    MetricsFile metrics = new MetricsFile(directory.resolve("gone/metrics.jsonl"), 1);

    assertThatThrownBy(() -> steps(metrics, 1, 1))
        .hasMessageContaining("Cannot write " + directory.resolve("gone/metrics.jsonl"))
        .hasMessageContaining("no such file or directory");
  }

  @Test
  void rowsThatCannotBeReadAreNotReportedAsAFailedWrite() throws IOException {
    MetricsFile metrics = new MetricsFile(Files.createDirectory(directory.resolve("folder")), 1);

    assertThatThrownBy(() -> start(metrics, 1))
        .hasMessageContaining("Cannot read " + directory.resolve("folder"));
  }

  @Test
  void anIntervalOfZeroIsRejected() {
    assertThatThrownBy(() -> new MetricsFile(file, 0))
        .isInstanceOf(InvalidSettings.class)
        .hasMessage("reportEvery 0 must be greater than 0");
  }

  private static void steps(MetricsFile metrics, long from, long to) {
    for (long step = from; step <= to; step++) {
      metrics.onStep(new StepReport(step, 1, 1.0, 8, 0.1, 1, 8, 8, 0.25, 0, Map.of()));
    }
  }

  private static void start(MetricsFile metrics, long step) {
    metrics.onStart(new TrainingStart(step, 100, 1, List.of(), null));
  }

  private static void validate(MetricsFile metrics, long step, Map<String, Double> values) {
    Evaluation evaluation = new Evaluation(new LinkedHashMap<>(values), 1, List.of());
    metrics.onValidation(new ValidationReport(step, 1, evaluation));
  }

  private void append(byte[] bytes) throws IOException {
    Files.write(file, bytes, StandardOpenOption.APPEND);
  }

  private List<JsonNode> rows() throws IOException {
    List<JsonNode> rows = new ArrayList<>();
    for (String line : Files.readAllLines(file)) {
      rows.add(JSON.readTree(line));
    }
    return rows;
  }
}
