package dev.counterpoint.runner.report;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class TrainingBarTest {
  private static final String FIGURES = ", loss 0.5000";

  @Test
  void barFillsRemainingWidth() {
    assertThat(TrainingBar.line(50, 200, FIGURES, 40))
        .isEqualTo(" 25% [===>         ] 50/200, loss 0.5000");
    assertThat(TrainingBar.line(200, 200, FIGURES, 40))
        .isEqualTo("100% [============] 200/200, loss 0.5000");
  }

  @Test
  void narrowLineHasNoBar() {
    assertThat(TrainingBar.line(50, 200, FIGURES, 30)).isEqualTo("25% 50/200, loss 0.5000");
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 5, 10, 28, 29, 30, 31, 59, 159})
  void lineIsNeverLongerThanTheTerminal(int width) {
    for (int step = 0; step <= 200; step++) {
      assertThat(TrainingBar.line(step, 200, FIGURES, width)).hasSizeLessThanOrEqualTo(width);
    }
  }

  @Test
  void widthIsSecondNumberOfSttyOutput() {
    assertThat(TerminalWidth.columns("24 132\n", 80)).isEqualTo(132);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "24", "0 0", "stty: not a terminal", "24 x"})
  void invalidSttyOutputLeavesWidthUnchanged(String sttyOutput) {
    assertThat(TerminalWidth.columns(sttyOutput, 80)).isEqualTo(80);
  }
}
