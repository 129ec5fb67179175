package dev.counterpoint.runner.rendezvous;

import static org.assertj.core.api.Assertions.assertThat;

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

/** What comes to a gate, or stands in its place, and does not belong there. */
final class StrangersTest extends GateScene {
  @Test
  void whoDoesNotKnowTheSecretIsRefused() {
    Gate gate = gate(1, PATIENT);

    assertRefused(() -> enter(gate, Secret.of("open barley"), Hello.of(0, 1), PATIENT))
        .hasMessageContaining("has another secret than this rank");
  }

  @Test
  void noSecretIsAnotherThanOne() {
    Gate gate = gate(1, PATIENT);

    assertRefused(() -> enter(gate, Secret.of(""), Hello.of(0, 1), PATIENT))
        .hasMessageContaining("has another secret");
  }

  @Test
  void aTrackerThatDoesNotKnowTheSecretIsNotTrusted() throws IOException {
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

      assertRefused(() -> GateClient.enter(address, SECRET, Hello.of(0, 1), PATIENT, this::end))
          .hasMessageContaining("has another secret than this rank");
    }
  }

  @Test
  void aGateThatOthersReachNeedsASecret() {
    assertRefused(
            () ->
                Gate.open(new Address("0.0.0.0", 0), Secret.of(""), 1, PATIENT, () -> RING, events))
        .hasMessageContaining("COUNTERPOINT_SECRET");
  }

  @Test
  void moreStrangersThanAreHeardDoNotEndARank() throws Exception {
    Gate gate = gate(1, PATIENT);
    List<Socket> strangers = new ArrayList<>();
    for (int i = 0; i < 64; i++) {
      Socket stranger = kept(connect(gate));
      assertThat(stranger.getInputStream().readNBytes(36)).hasSize(36);
      strangers.add(stranger);
    }
    try (Socket tooMany = connect(gate)) {
      assertThat(tooMany.getInputStream().read()).isEqualTo(-1);
    }
    CompletableFuture<GateClient> rank = CompletableFuture.supplyAsync(() -> enter(gate, 0));
    try (Socket tooMany = connect(gate)) {
      assertThat(tooMany.getInputStream().read()).isEqualTo(-1);
    }

    for (Socket stranger : strangers) {
      stranger.close();
    }

    assertThat(agree(rank.join(), facts("32")).join()).isEqualTo(RING);
  }

  @Test
  void whatIsNoTrackerIsNotTalkedTo() throws IOException {
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

      assertRefused(() -> GateClient.enter(address, SECRET, Hello.of(0, 1), PATIENT, this::end))
          .hasMessageContaining("is no tracker of this program's");
    }
  }

  @Test
  void garbageIsAnsweredByNothingAndDisturbsNobody() throws Exception {
    Gate gate = gate(1, PATIENT);
    try (Socket stranger = connect(gate)) {
      stranger
          .getOutputStream()
          .write("GET / HTTP/1.1\r\n\r\n".repeat(500).getBytes(StandardCharsets.US_ASCII));
      InputStream in = stranger.getInputStream();
      assertThat(in.readNBytes(36)).hasSize(36); // the tracker's own number, and no more
      assertThat(rest(in)).isZero();
    }

    assertThat(rank(gate, 0).join()).isEqualTo(RING);
  }

  @Test
  void manyWhoSayNothingKeepNobodyOut() throws Exception {
    Gate gate = gate(1, PATIENT);
    for (int i = 0; i < 40; i++) {
      kept(connect(gate));
    }

    assertThat(rank(gate, 0).join()).isEqualTo(RING);
  }

  @Test
  void aMessageThatIsTooLongEndsTheConnection() throws Exception {
    Gate gate = gate(2, PATIENT);
    try (Socket rank = connect(gate)) {
      assertThat(Handshake.asRank(rank, SECRET)).isEqualTo(Handshake.Outcome.KNOWN);
      rank.getOutputStream().write(new byte[] {127, 127, 127, 127});

      assertThat(rank.getInputStream().read()).isEqualTo(-1);
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
