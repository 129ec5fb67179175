package dev.counterpoint.strategies.launch;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.UnknownHostException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class AddressTest {
  @Test
  void aNameOnTheLoopbackInterfaceIsReported() {
    assertThat(new Address("node0", 29_500).loopbackWarning(host -> number(127, 0, 1, 1)))
        .hasValueSatisfying(warning -> assertThat(warning).contains("node0", "127.0.1.1"));
  }

  @Test
  void aReachableNameIsNotReported() {
    assertThat(new Address("node0", 29_500).loopbackWarning(host -> number(10, 0, 0, 7))).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"localhost", "127.0.0.1", "::1"})
  void anExplicitLoopbackAddressIsNotReported(String host) {
    assertThat(new Address(host, 29_500).loopbackWarning(it -> number(127, 0, 0, 1))).isEmpty();
  }

  private static InetAddress number(int... parts) throws UnknownHostException {
    byte[] bytes = new byte[parts.length];
    for (int i = 0; i < parts.length; i++) {
      bytes[i] = (byte) parts[i];
    }
    return InetAddress.getByAddress(bytes);
  }
}
