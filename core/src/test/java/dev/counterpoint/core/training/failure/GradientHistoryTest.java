package dev.counterpoint.core.training.failure;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class GradientHistoryTest {
  private final GradientHistory history = new GradientHistory();

  @Test
  void aYoungRunHasNoUsualNorm() {
    for (int i = 0; i < GradientHistory.STEPS; i++) {
      assertThat(history.medianBefore(i)).isNaN();
    }
    assertThat(history.medianBefore(0)).isEqualTo(GradientHistory.STEPS / 2.0);
  }

  @Test
  void oldStepsAreForgotten() {
    for (int i = 0; i < GradientHistory.STEPS; i++) {
      history.medianBefore(1000);
    }
    for (int i = 0; i < GradientHistory.STEPS; i++) {
      history.medianBefore(2);
    }
    assertThat(history.medianBefore(0)).isEqualTo(2);
  }
}
