package dev.counterpoint.runner.rendezvous;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.UnknownHostException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class AddressTest {
  @Test
  void aNameThatIsOfThisMachineAloneIsDoubted() {
    assertThat(new Address("node0", 29_500).doubt(host -> number(127, 0, 1, 1)))
        .hasValueSatisfying(
            doubt ->
                assertThat(doubt)
                    .startsWith("The tracker's host node0 is 127.0.1.1 here")
                    .contains("which no other machine reaches"));
  }

  @Test
  void aNameThatOthersReachIsNot() {
    assertThat(new Address("node0", 29_500).doubt(host -> number(10, 0, 0, 7))).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"localhost", "127.0.0.1", "::1"})
  void whoeverNamesThisMachineMeansIt(String host) {
    assertThat(new Address(host, 29_500).doubt(it -> number(127, 0, 0, 1))).isEmpty();
  }

  private static InetAddress number(int... parts) throws UnknownHostException {
    byte[] bytes = new byte[parts.length];
    for (int i = 0; i < parts.length; i++) {
      bytes[i] = (byte) parts[i];
    }
    return InetAddress.getByAddress(bytes);
  }
}
