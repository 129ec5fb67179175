package dev.counterpoint.runner.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.counterpoint.core.kernel.Precision;
import dev.counterpoint.runner.RunFailed;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class ProcessMemoryTest {
  /** A replacement for the program's main class that does not end by itself. */
  static final class Endless {
    private Endless() {}

    public static void main(String[] arguments) throws InterruptedException {
      Thread.sleep(TimeUnit.MINUTES.toMillis(5));
    }
  }

  @Test
  void interruptKillsTheChildProcess() {
    Set<Long> before = children();
    Thread.currentThread().interrupt();

    assertThatThrownBy(
            () -> new ProcessMemory(Endless.class).peak(BenchSize.SMALL, Precision.FLOAT32))
        .isInstanceOf(RunFailed.class)
        .hasMessageContaining("interrupted");
    assertThat(Thread.interrupted()).isTrue();
    assertThat(children()).isEqualTo(before);
  }

  private static Set<Long> children() {
    return ProcessHandle.current()
        .children()
        .filter(ProcessHandle::isAlive)
        .map(ProcessHandle::pid)
        .collect(Collectors.toSet());
  }
}
