package dev.counterpoint.core.callback;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class StopSignalTest {
  private final StopSignal stop = new StopSignal();

  @Test
  void noStopIsRequestedInitially() {
    assertThat(stop.requested()).isFalse();
    assertThat(stop.reason()).isNull();
  }

  @Test
  void theFirstReasonIsKept() {
    stop.request("enough");
    stop.request("SIGTERM");

    assertThat(stop.requested()).isTrue();
    assertThat(stop.reason()).isEqualTo("enough");
  }

  @Test
  void anyThreadCanRequestAStop() throws InterruptedException {
    Thread other = new Thread(() -> stop.request("from elsewhere"));
    other.start();
    other.join();

    assertThat(stop.reason()).isEqualTo("from elsewhere");
  }
}
