package dev.counterpoint.runner.machine;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class SelfCheckTest {
  @Test
  void smallDifferencesAgree() {
    assertThat(new SelfCheck(1e-6, 1e-5).agrees()).isTrue();
  }

  @Test
  void largeProductErrorDisagrees() {
    assertThat(new SelfCheck(0.1, 0).agrees()).isFalse();
  }

  @Test
  void nanDisagrees() {
    assertThat(new SelfCheck(Double.NaN, 0).agrees()).isFalse();
  }
}
