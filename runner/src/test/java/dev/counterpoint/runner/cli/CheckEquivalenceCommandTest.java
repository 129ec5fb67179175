package dev.counterpoint.runner.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.counterpoint.runner.check.EquivalenceCheck;
import org.junit.jupiter.api.Test;

final class CheckEquivalenceCommandTest {
  private static final EquivalenceCheck.Finding FINDING =
      new EquivalenceCheck.Finding(
          "micro-batches of 16 (as in a validation)", 1e-7, "encoder.11.attention.bias", 1e-6);

  @Test
  void findingIsWrappedForATerminal() {
    assertThat(CheckEquivalenceCommand.line(FINDING))
        .isEqualTo(
            """
            micro-batches of 16 (as in a validation): loss differs by 1.0e-07, gradient by
                at most 1.0e-06 (encoder.11.attention.bias)""");
  }

  @Test
  void failureMessageWithPrefixFitsATerminal() {
    assertThat(CheckEquivalenceCommand.failureMessage(FINDING, 1e-8).lines())
        .allSatisfy(line -> assertThat(Failures.PREFIX + line).hasSizeLessThan(80));
    assertThat(CheckEquivalenceCommand.failureMessage(FINDING, 1e-8))
        .contains(
            "micro-batches of 16", "1.0e-07", "encoder.11.attention.bias", "1.0e-06", "1.0E-8");
  }
}
