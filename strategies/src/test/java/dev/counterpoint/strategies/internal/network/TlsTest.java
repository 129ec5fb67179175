package dev.counterpoint.strategies.internal.network;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Connections between two sides with key stores. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class TlsTest {
  private static final Secret SECRET = Secret.of("open sesame");
  private static final Duration TIMEOUT = Duration.ofSeconds(10);

  @TempDir private Path folder;
  private Map<String, String> keys = Map.of();
  private AuthenticatedServer server;

  /** Answers each message with itself. */
  @BeforeEach
  void startServer() throws Exception {
    keys = KeyStores.create(folder);
    server =
        AuthenticatedServer.bind(
            new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
            "echo",
            SECRET.withTls(keys),
            connection -> {
              try (connection) {
                connection.setTurn(TIMEOUT);
                connection.send(connection.read().orElseThrow());
              }
            });
    server.start();
  }

  @AfterEach
  void stopServer() throws IOException {
    server.close();
  }

  @Test
  void theSameStoreAuthenticatesBothSides() throws IOException {
    assertThat(echo(SECRET.withTls(keys))).isEqualTo("hello");
  }

  @Test
  void thePasswordMayBeInAFile() throws IOException {
    Path file = Files.writeString(folder.resolve("password"), "changeit\n");

    assertThat(
            echo(
                SECRET.withTls(
                    Map.of(
                        Tls.KEY_STORE, keys.get(Tls.KEY_STORE),
                        Tls.PASSWORD_FILE, file.toString()))))
        .isEqualTo("hello");
  }

  @Test
  void theSecretIsStillRequired() {
    assertThatThrownBy(() -> echo(Secret.of("open barley").withTls(keys)))
        .isInstanceOf(AuthenticatedConnection.AuthenticationException.class);
  }

  @Test
  void anotherKeyIsRefusedAndNotTriedAgain() throws Exception {
    Map<String, String> others = KeyStores.create(folder.resolve("others"));

    assertThatThrownBy(() -> echo(SECRET.withTls(others)))
        .isInstanceOf(AuthenticatedConnection.AuthenticationException.class)
        .hasMessageContaining("certificate");
    assertThat(echo(SECRET.withTls(keys))).isEqualTo("hello");
    assertThat(server.refused()).isEqualTo("127.0.0.1");
  }

  @Test
  void aClientWithoutTlsIsRefused() throws IOException {
    assertThatThrownBy(() -> echo(SECRET)).isInstanceOf(IOException.class);
    assertThat(echo(SECRET.withTls(keys))).isEqualTo("hello");
  }

  @Test
  void withoutAKeyNothingIsSentInPlainText() throws IOException {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port())) {
      socket.getOutputStream().write("CPG1".repeat(100).getBytes(US_ASCII));
      byte[] answer = socket.getInputStream().readAllBytes();

      assertThat(new String(answer, US_ASCII)).doesNotContain("CPG1");
    }
  }

  @Test
  void aKeyStoreThatCannotBeUsedIsNamed() {
    String file = keys.get(Tls.KEY_STORE);

    assertThatThrownBy(() -> SECRET.withTls(Map.of(Tls.KEY_STORE, file, Tls.PASSWORD, "wrong")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContainingAll(file, Tls.PASSWORD);
    assertThatThrownBy(() -> SECRET.withTls(Map.of(Tls.KEY_STORE, file + ".absent")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(file + ".absent");
  }

  private String echo(Secret secret) throws IOException {
    try (AuthenticatedConnection connection =
        AuthenticatedConnection.connect(
            new InetSocketAddress(InetAddress.getLoopbackAddress(), server.port()),
            "echo",
            secret,
            TIMEOUT)) {
      connection.setTurn(TIMEOUT);
      connection.send("hello".getBytes(US_ASCII));
      return new String(connection.read().orElseThrow(), US_ASCII);
    }
  }
}
