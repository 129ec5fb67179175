package dev.counterpoint.strategies.internal.rendezvous;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.counterpoint.strategies.internal.network.Secret;
import dev.counterpoint.strategies.launch.Address;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** Clients and servers without the secret. */
final class UnauthenticatedClientTest extends RendezvousFixture {
  private static final int MAX_MESSAGE = 4 << 20; // bytes

  @Test
  void aRankWithAnotherSecretIsRefused() {
    RendezvousServer server = server(1, PATIENT);

    assertRefused(() -> join(server, Secret.of("open barley"), JoinRequest.of(0, 1), PATIENT))
        .hasMessageContaining("different secret");
  }

  @Test
  void anEmptySecretIsAnotherSecret() {
    RendezvousServer server = server(1, PATIENT);

    assertRefused(() -> join(server, Secret.of(""), JoinRequest.of(0, 1), PATIENT))
        .hasMessageContaining("different secret");
  }

  @Test
  void aTrackerWithoutTheSecretIsNotTrusted() throws IOException {
    byte[] numberOfThirtyTwoBytes = new byte[32];
    byte[] welcomeWithAWrongSignature = new byte[33];
    welcomeWithAWrongSignature[0] = 1;
    try (ServerSocket impostor = listening()) {
      CompletableFuture.runAsync(
          () -> {
            try (Socket socket = impostor.accept()) {
              socket.getOutputStream().write("CPG1".getBytes(StandardCharsets.US_ASCII));
              socket.getOutputStream().write(numberOfThirtyTwoBytes);
              assertThat(socket.getInputStream().readNBytes(68)).hasSize(68);
              socket.getOutputStream().write(welcomeWithAWrongSignature);
              rest(socket.getInputStream());
            } catch (IOException e) {
              throw new UncheckedIOException(e);
            }
          });
      Address address = address(impostor);

      assertRefused(
              () ->
                  RendezvousClient.join(address, SECRET, JoinRequest.of(0, 1), PATIENT, this::end))
          .hasMessageContaining("different secret");
    }
  }

  @Test
  void aReachableTrackerNeedsASecret() {
    assertRefused(
            () ->
                server(
                    new RendezvousServer.Settings(
                        new Address("0.0.0.0", 0), Secret.of(""), 1, PATIENT)))
        .hasMessageContaining("COUNTERPOINT_SECRET");
  }

  @Test
  void ofTooManyUnauthenticatedClientsTheOldestAreClosed() throws Exception {
    RendezvousServer server = server(1, PATIENT);
    List<Socket> clients = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      Socket client = kept(connect(server));
      assertThat(client.getInputStream().readNBytes(36)).hasSize(36);
      clients.add(client);
    }

    for (Socket oldest : clients.subList(0, 36)) {
      assertThat(rest(oldest.getInputStream())).isZero();
    }
    assertThat(rank(server, 0).join()).isEqualTo(RING);
  }

  @Test
  void anotherProgramIsNotATracker() throws IOException {
    try (ServerSocket other = listening()) {
      CompletableFuture.runAsync(
          () -> {
            try (Socket socket = other.accept()) {
              socket
                  .getOutputStream()
                  .write("HTTP/1.1 400 Bad Request\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
            } catch (IOException e) {
              throw new UncheckedIOException(e);
            }
          });
      Address address = address(other);

      assertRefused(
              () ->
                  RendezvousClient.join(address, SECRET, JoinRequest.of(0, 1), PATIENT, this::end))
          .hasMessageContaining(address.toString());
    }
  }

  @Test
  void garbageIsNotAnsweredAndDisturbsNoRank() throws Exception {
    RendezvousServer server = server(1, PATIENT);
    try (Socket client = connect(server)) {
      client
          .getOutputStream()
          .write("GET / HTTP/1.1\r\n\r\n".repeat(500).getBytes(StandardCharsets.US_ASCII));
      InputStream in = client.getInputStream();
      assertThat(in.readNBytes(36)).hasSize(36); // the server's nonce, and nothing else
      assertThat(rest(in)).isZero();
    }

    assertThat(rank(server, 0).join()).isEqualTo(RING);
  }

  @Test
  void silentClientsKeepNoRankOut() throws Exception {
    RendezvousServer server = server(1, PATIENT);
    for (int i = 0; i < 40; i++) {
      kept(connect(server));
    }

    assertThat(rank(server, 0).join()).isEqualTo(RING);
  }

  @Test
  void aMessageThatIsTooLongEndsTheConnection() throws Exception {
    RendezvousServer server = server(2, PATIENT);
    try (JsonChannel rank = channel(server)) {
      byte[] tooLong = new byte[MAX_MESSAGE + 1];

      assertThatThrownBy(
              () -> {
                rank.connection().send(tooLong);
                rank.read();
              })
          .isInstanceOf(IOException.class);
    }
  }

  private static int rest(InputStream in) {
    try {
      return in.readAllBytes().length;
    } catch (IOException reset) {
      return 0;
    }
  }
}
