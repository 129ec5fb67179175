package dev.counterpoint.runner.report;

import static org.assertj.core.api.Assertions.assertThat;

import dev.counterpoint.core.callback.SnapshotReport;
import dev.counterpoint.core.callback.StepReport;
import dev.counterpoint.core.callback.TrainingStart;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

final class TrainingProgressTest {
  private final StringWriter said = new StringWriter();
  private final TrainingProgress progress =
      new TrainingProgress(
          new Console(new PrintWriter(said), new PrintWriter(said), false, () -> 0), 10);

  @Test
  void aPlainLineHasTheMeanLossSinceTheLineBefore() {
    start(0, 40);
    step(1, 8, 1, 0.1);
    for (int step = 2; step <= 10; step++) {
      step(step, step == 10 ? 4 : 1, step == 10 ? 9 : 2, 0.1);
    }
    step(11, 100, 1, 0.1);

    // (8 * 2 * 1 + 9 * 4) / (8 * 2 + 9)
    assertThat(said.toString().lines())
        .satisfiesExactly(
            first -> assertThat(first).startsWith("step 1 of 40, epoch 1: loss 8.0000, rate"),
            second -> assertThat(second).startsWith("step 10 of 40, epoch 1: loss 2.0800, rate"));
  }

  @Test
  void theFirstLineExtrapolatesNothing() {
    start(0, 1000);
    step(1, 1, 1, 25);

    assertThat(said).hasToString("step 1 of 1000, epoch 1: loss 1.0000, rate 1.00e-01\n");
  }

  @Test
  void norDoesThatOfARunThatGoesOn() {
    start(500, 1000);
    step(501, 1, 1, 25);

    assertThat(said.toString()).contains("Going on after step 500").doesNotContain("left", "/s");
  }

  @Test
  void aSlowStartIsForgotten() {
    start(0, 2000);
    step(1, 1, 1, 25);
    for (int step = 2; step <= 10; step++) {
      step(step, 1, 1, 2);
    }
    for (int step = 11; step <= 1900; step++) {
      step(step, 1, 1, 0.1);
    }

    // 32 items each, 0.1 s each, and 100 steps to come
    assertThat(said.toString().lines().toList())
        .last()
        .asString()
        .contains("320 items/s, 0:10 left");
  }

  @Test
  void aStepThatIsKeptIsToldWithTheCommandThatLooksAtIt() {
    progress.onSnapshot(new SnapshotReport(7, "It was odd.", Path.of("run/snapshots/step-7")));

    assertThat(said)
        .hasToString("It was odd. It is kept: ./counterpoint replay run/snapshots/step-7\n");
  }

  private void start(long step, long steps) {
    progress.onStart(new TrainingStart(step, steps, 1, List.of()));
  }

  private void step(long number, double loss, double weight, double seconds) {
    progress.onStep(new StepReport(number, 1, loss, weight, 0.1, 1, 32, 32, seconds));
  }
}
