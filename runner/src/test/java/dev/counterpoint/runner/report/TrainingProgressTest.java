package dev.counterpoint.runner.report;

import static org.assertj.core.api.Assertions.assertThat;

import dev.counterpoint.core.callback.SnapshotReport;
import dev.counterpoint.core.callback.StepReport;
import dev.counterpoint.core.callback.TrainingEnd;
import dev.counterpoint.core.callback.TrainingStart;
import dev.counterpoint.core.callback.ValidationReport;
import dev.counterpoint.core.metric.Evaluation;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

final class TrainingProgressTest {
  private final StringWriter output = new StringWriter();
  private String contention = "";
  private TrainingProgress progress =
      new TrainingProgress(
          new Console(new PrintWriter(output), new PrintWriter(output), false, () -> 0),
          10,
          () -> contention);

  @Test
  void plainLineShowsMeanLossSincePreviousLine() {
    start(0, 40, 1);
    step(1, 8, 1, 0.1);
    for (int step = 2; step <= 10; step++) {
      step(step, step == 10 ? 4 : 1, step == 10 ? 9 : 2, 0.1);
    }
    step(11, 100, 1, 0.1);

    // (8 * 2 * 1 + 9 * 4) / (8 * 2 + 9)
    assertThat(output.toString().lines())
        .satisfiesExactly(
            first -> assertThat(first).startsWith("step 1 of 40, epoch 1: loss 8.0000,"),
            second -> assertThat(second).startsWith("step 10 of 40, epoch 1: loss 2.0800,"));
  }

  @Test
  void lineEndsWithContention() {
    contention = ", other processes use 1.0 of 2 cores";
    start(0, 1000, 1);
    step(1, 1, 1, 25);

    assertThat(output.toString()).endsWith("learning rate 1.00e-01" + contention + "\n");
  }

  @Test
  void firstLineHasNeitherSpeedNorTimeLeft() {
    start(0, 1000, 1);
    step(1, 1, 1, 25);

    assertThat(output)
        .hasToString("step 1 of 1000, epoch 1: loss 1.0000, learning rate 1.00e-01\n");
  }

  @Test
  void firstLineOfResumedRunHasNeitherSpeedNorTimeLeft() {
    start(500, 1000, 1);
    step(501, 1, 1, 25);

    assertThat(output.toString()).contains("after step 500").doesNotContain("left", "/s");
  }

  @Test
  void slowFirstStepsDoNotAffectSpeedLater() {
    start(0, 2000, 1);
    step(1, 1, 1, 25);
    for (int step = 2; step <= 10; step++) {
      step(step, 1, 1, 2);
    }
    for (int step = 11; step <= 1800; step++) {
      step(step, 1, 1, 0.1);
    }

    // 32 examples and 0.1 s each, and 200 steps left
    assertThat(output.toString().lines().toList())
        .last()
        .asString()
        .contains("320 examples/s, 0:20 left");
  }

  @Test
  void longRunPrintsOneLinePerTenth() {
    start(0, 2990, 1);
    for (int step = 1; step <= 2990; step++) {
      step(step, 1, 1, 0.1);
    }
    end();

    assertThat(output.toString().lines().map(line -> line.split(" ")[1]))
        .containsExactly("1", "300", "600", "900", "1200", "1500", "1800", "2100", "2400", "2700");
  }

  @Test
  void lineAtEndOfEpochIsMergedWithValidation() {
    start(0, 400, 2);
    for (int step = 1; step <= 200; step++) {
      step(step, 1, 1, 0.1);
    }
    validation(200);

    assertThat(output.toString().lines().filter(line -> line.startsWith("step 200 of 400")))
        .singleElement()
        .asString()
        .contains("loss 1.0000, validation loss 0.5000, accuracy 0.7500, learning rate");
  }

  @Test
  void lineAtEndOfEpochWithoutValidationIsPrintedAtNextStep() {
    start(0, 400, 2);
    for (int step = 1; step <= 201; step++) {
      step(step, 1, 1, 0.1);
    }

    assertThat(output.toString()).contains("step 200 of 400");
  }

  @Test
  void theLineOfAnEpochHasItsValidationAlsoIfTheRunEndsWithinAnEpoch() {
    progress.onStart(new TrainingStart(0, 30, 20, List.of(), null));
    for (int step = 1; step <= 20; step++) {
      step(step, 1, 1, 0.1);
    }
    validation(20);

    assertThat(output.toString().lines())
        .last()
        .asString()
        .startsWith("step 20 of 30, epoch 1: loss 1.0000, validation ");
  }

  @Test
  void validationAfterLastStepIsLeftToTheResult() {
    start(0, 20, 1);
    for (int step = 1; step <= 20; step++) {
      step(step, 1, 1, 0.1);
    }
    validation(20);
    end();

    assertThat(output.toString()).contains("step 20 of 20").doesNotContain("validation");
  }

  @Test
  void gradientSpikesAreCountedInOneLineAtTheEnd() {
    start(0, 20, 1);
    progress.onSnapshot(new SnapshotReport(7, "spike", Path.of("run/snapshots/step-7")));
    progress.onSnapshot(new SnapshotReport(9, "spike", Path.of("run/snapshots/step-9")));
    assertThat(output.toString()).isEmpty();

    end();

    assertThat(output.toString().lines())
        .singleElement()
        .asString()
        .contains("2 gradient spikes", "run/snapshots;")
        .endsWith("./counterpoint replay run/snapshots/step-7");
  }

  @Test
  void theBarOfATerminalIsDrawnAtTheEndOfAnEpochAndRemovedAtTheEnd() {
    PrintWriter writer = new PrintWriter(output);
    progress =
        new TrainingProgress(new Console(writer, writer, true, () -> 80), 10, () -> contention);
    start(0, 20, 2);
    assertThat(output.toString()).contains("  0% [", "] 0/20");
    for (int step = 1; step <= 10; step++) {
      step(step, 0.5, 1, 0.1);
    }
    assertThat(output.toString()).contains(" 50% [", "] 10/20, loss 0.5000, 320 examples/s");

    end();

    assertThat(output.toString()).endsWith("\r\u001b[J");
  }

  private void start(long step, long steps, int epochs) {
    progress.onStart(new TrainingStart(step, steps, steps / epochs, List.of(), null));
  }

  private void step(long number, double loss, double weight, double seconds) {
    progress.onStep(new StepReport(number, 1, loss, weight, 0.1, 1, 32, 32, seconds, 0, Map.of()));
  }

  private void validation(long step) {
    Evaluation evaluation =
        new Evaluation(
            new TreeMap<>(Map.of("loss", 0.5, "accuracy", 0.75)).descendingMap(),
            8,
            List.of(),
            Optional.empty());
    progress.onValidation(new ValidationReport(step, 1, evaluation));
  }

  private void end() {
    progress.onEnd(new TrainingEnd(20, 1, 0.4, Optional.empty(), 640, 640, 10, null));
  }
}
