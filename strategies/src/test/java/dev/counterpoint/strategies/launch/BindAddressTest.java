package dev.counterpoint.strategies.launch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class BindAddressTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "10.0.0.7 | 10.0.0.7 | 0 | 0",
        "10.0.0.7:29600 | 10.0.0.7 | 29600 | 29600",
        "10.0.0.7:29600-29699 | 10.0.0.7 | 29600 | 29699",
        ":29600-29699 | 10.0.0.1 | 29600 | 29699",
        "[fd00::7]:1-65535 | fd00::7 | 1 | 65535",
        "node7 | node7 | 0 | 0",
      })
  void eachPartMayBeAbsent(String text, String host, int first, int last) {
    assertThat(of(text, "10.0.0.1")).isEqualTo(new BindAddress(host, first, last));
  }

  @Test
  void theDefaultIsTheAddressThatReachesTheTracker() {
    assertThat(BindAddress.of(Map.of(), "10.0.0.1")).isEqualTo(new BindAddress("10.0.0.1", 0, 0));
  }

  @Test
  void ranksOfOneMachineListenOnLoopbackAlone() {
    assertThat(of("10.0.0.7:29600", "127.0.0.1"))
        .isEqualTo(new BindAddress("127.0.0.1", 29_600, 29_600));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "10.0.0.7:",
        "10.0.0.7:a",
        "10.0.0.7:2-1",
        "10.0.0.7:0-5",
        "10.0.0.7:70000",
        "a:1:2",
        "0.0.0.0",
        "*:29600",
        "[::]:29600",
        "fd00::7"
      })
  void anythingElseIsAnInvalidRequest(String text) {
    assertThatThrownBy(() -> of(text, "10.0.0.1"))
        .isInstanceOfSatisfying(
            LaunchException.class, failure -> assertThat(failure.exitCode()).isEqualTo(2))
        .hasMessageContainingAll("COUNTERPOINT_BIND", text);
  }

  private static BindAddress of(String text, String local) {
    return BindAddress.of(Map.of("COUNTERPOINT_BIND", text), local);
  }
}
