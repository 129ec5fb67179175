package dev.counterpoint.runner.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.counterpoint.core.callback.StepReport;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class RecentStepsTest {
  private final RecentSteps recent = new RecentSteps();

  @Test
  void firstStepIsExcludedFromSpeed() {
    steps(1, 25, 1);
    assertThat(recent.examplesPerSecond()).isEmpty();

    steps(3, 0.5, 1);
    assertThat(recent.examplesPerSecond().orElseThrow()).isCloseTo(20, within(1e-9));
  }

  @Test
  void timeLeftOfShortStepsNeedsThreeSeconds() {
    steps(20, 0.1, 1);
    assertThat(recent.secondsFor(100)).isEmpty();

    steps(20, 0.1, 1);
    assertThat(recent.secondsFor(100).orElseThrow()).isCloseTo(10, within(1e-9));
  }

  @Test
  void timeLeftOfLongStepsNeedsTwoStepsAfterTheFirst() {
    steps(2, 60, 1);
    assertThat(recent.secondsFor(10)).isEmpty();

    steps(1, 60, 1);
    assertThat(recent.secondsFor(10).orElseThrow()).isCloseTo(600, within(1e-6));
  }

  @Test
  void changeOfSpeedShowsAfterHalfAMinute() {
    steps(1000, 1, 1);
    steps(300, 0.1, 1);

    assertThat(recent.examplesPerSecond().orElseThrow()).isBetween(85.0, 95.0);
  }

  @Test
  void lossIsMeanOfLatestSteps() {
    steps(100, 0.1, 5);
    steps(40, 0.1, 1);

    assertThat(recent.loss()).isBetween(1.0, 1.1);
  }

  private void steps(int count, double seconds, double loss) {
    for (int i = 0; i < count; i++) {
      recent.add(new StepReport(1, 1, loss, 4, 0.1, 1, 10, 10, seconds, 0, Map.of()));
    }
  }
}
