package dev.counterpoint.runner.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.counterpoint.runner.check.ResumeCheck;
import java.util.Optional;
import org.junit.jupiter.api.Test;

final class CheckResumeCommandTest {
  @Test
  void summaryCountsKillsResumesAndRepeatedSteps() {
    assertThat(
            CheckResumeCommand.summary(
                new ResumeCheck.Outcome(5, 300, 37, 1, 2, Optional.empty(), "abc")))
        .containsExactly(
            "killed 5 times, including 2 while a checkpoint was being written",
            "resumed 1 time from a checkpoint in the middle of an epoch",
            "repeated 37 steps of 300");
  }
}
