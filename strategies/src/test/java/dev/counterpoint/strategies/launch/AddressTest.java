package dev.counterpoint.strategies.launch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

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

  @Test
  void trackerThatOnlyItsMachineReachesIsNamedWithItsAddressAndTheOption() {
    assertThat(new Address("node0", 1).advice(true, host -> number(127, 0, 1, 1)))
        .contains("node0", "127.0.1.1", "--tracker", "MASTER_ADDR");
  }

  @Test
  void trackerThatOthersReachNeedsNoAdvice() {
    assertThat(new Address("node0", 1).advice(true, host -> number(10, 0, 0, 7))).isEmpty();
  }

  @Test
  void rankThatLooksForTheTrackerOnItsOwnMachineIsNamed() {
    assertThat(new Address("localhost", 1).advice(false, host -> number(127, 0, 0, 1)))
        .contains("localhost", "127.0.0.1", "this machine itself", "--tracker");
  }

  @Test
  void rankThatFindsNoTrackerNamesTheAddressThatItTried() {
    assertThat(new Address("node0", 1).advice(false, host -> number(10, 0, 0, 7)))
        .contains("node0", "10.0.0.7", "/etc/hosts");
  }

  @Test
  void unknownHostIsNamed() {
    assertThat(
            new Address("node0", 1)
                .advice(
                    false,
                    host -> {
                      throw new UnknownHostException(host);
                    }))
        .contains("cannot resolve node0");
  }

  @ParameterizedTest
  @ValueSource(strings = {"0.0.0.0:29500", "[::]:29500", "*:29500"})
  void addressOfEveryInterfaceIsRefused(String text) {
    assertThatThrownBy(() -> Address.parse("--tracker", text))
        .isInstanceOf(LaunchException.class)
        .hasMessageContaining("--tracker");
  }

  private static InetAddress number(int... parts) throws UnknownHostException {
    byte[] bytes = new byte[parts.length];
    for (int i = 0; i < parts.length; i++) {
      bytes[i] = (byte) parts[i];
    }
    return InetAddress.getByAddress(bytes);
  }
}
