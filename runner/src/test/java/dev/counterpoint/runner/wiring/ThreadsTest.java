package dev.counterpoint.runner.wiring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.counterpoint.core.kernel.Torch;
import dev.counterpoint.core.settings.InvalidSettings;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class ThreadsTest {
  @Test
  void autoAcceptsEveryEnvironment() throws IOException {
    assertThatCode(() -> Threads.check(run("auto"), Map.of("OMP_NUM_THREADS", "7")))
        .doesNotThrowAnyException();
  }

  @Test
  void aContradictionIsRefused() {
    assertThatThrownBy(() -> Threads.check(run("2"), Map.of("OMP_NUM_THREADS", "7")))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining("2")
        .hasMessageContaining("OMP_NUM_THREADS is 7");
  }

  @Test
  void equalNumbersAreAccepted() {
    assertThatCode(() -> Threads.check(run("7"), Map.of("OMP_NUM_THREADS", "7")))
        .doesNotThrowAnyException();
  }

  @Test
  void theRunFileSetsTheNumber() throws IOException {
    Torch.engine();
    int before = Torch.threads();
    try {
      Threads.apply(run("5"));
      assertThat(Torch.threads()).isEqualTo(5);
    } finally {
      Torch.setThreads(before);
    }
  }

  @Test
  void eachRankHasTheNumberOfTheRunFile() throws IOException {
    assertThat(Threads.perProcess(run("5"), 2)).isEqualTo("5");
    assertThat(Threads.perProcess(run("auto"), 1000)).isEqualTo("1");
  }

  @Test
  void otherValuesAreInvalid() {
    for (String invalid : List.of("0", "-1", "many", "10000", "1.5")) {
      assertThatThrownBy(() -> run(invalid))
          .isInstanceOf(InvalidSettings.class)
          .hasMessageContaining("threads");
    }
  }

  private static Run run(String threads) throws IOException {
    return Run.of(new Run.Request("sentiment", List.of("threads=" + threads), List.of(), null));
  }
}
