package dev.counterpoint.core.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.counterpoint.core.settings.InvalidSettings;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class CheckpointPolicyTest {
  @Test
  void defaultsSaveEvery200StepsAndKeepThree() {
    assertThat(CheckpointPolicy.defaults()).isEqualTo(new CheckpointPolicy(200, 3, null));
  }

  @Test
  void everySteps_dueAtMultiples() {
    CheckpointPolicy policy = new CheckpointPolicy(10, 1, null);

    assertThat(policy.due(10, Duration.ZERO)).isTrue();
    assertThat(policy.due(11, Duration.ofDays(1))).isFalse();
  }

  @Test
  void zeroEveryStepsIsNeverDue() {
    assertThat(new CheckpointPolicy(0, 1, null).due(10, Duration.ofDays(1))).isFalse();
  }

  @Test
  void everyMinutes_dueAfterElapsedTime() {
    CheckpointPolicy policy = new CheckpointPolicy(0, 1, 0.5);

    assertThat(policy.due(7, Duration.ofSeconds(29))).isFalse();
    assertThat(policy.due(7, Duration.ofSeconds(30))).isTrue();
  }

  @Test
  void allInvalidValuesAreReportedTogether() {
    assertThatThrownBy(() -> new CheckpointPolicy(-1, 0, 0.0))
        .isInstanceOf(InvalidSettings.class)
        .hasMessage(
            "everySteps -1 must be 0 or greater\n"
                + "keep 0 must be 1 or greater\n"
                + "everyMinutes 0 must be greater than 0");
  }
}
