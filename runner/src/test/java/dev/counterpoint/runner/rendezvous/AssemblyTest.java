package dev.counterpoint.runner.rendezvous;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Ranks that come and go in an order that is given. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class AssemblyTest {
  private static final int TURN = 30_000; // milliseconds

  private final RecordedEvents events = new RecordedEvents();
  private final List<Wire> open = new ArrayList<>();
  private final Assembly ranks =
      new Assembly(Address.LOCAL, 2, () -> new Address("127.0.0.1", 4711), events);

  @AfterEach
  void closeAll() throws IOException {
    for (Wire wire : open) {
      wire.close();
    }
  }

  @Test
  void oneThatIsGoneMayComeAgainInTheTimeToCome() throws IOException {
    Visit first = comes(1);
    assertThat(ranks.admit(first.member())).isTrue();

    ranks.gone(first.member(), false);

    assertThat(ranks.admit(comes(1).member())).isTrue();
    assertThat(events.told()).isEmpty();
  }

  @Test
  void oneThatIsGoneWhenTheTimeToComeIsOverIsNotWaitedFor() throws IOException {
    Visit first = comes(0);
    Visit second = comes(1);
    ranks.admit(first.member());
    ranks.admit(second.member());
    ranks.joiningIsOver(Duration.ofSeconds(1));

    ranks.gone(second.member(), false);

    assertThat(ranks.await()).isEqualTo(75);
    assertThat(events.told()).containsExactly("lost 1");
    assertThat(Wire.type(first.hears())).isEqualTo("welcome");
    JsonNode last = first.hears();
    assertThat(Wire.type(last)).isEqualTo("over");
    assertThat(last.path("code").asInt()).isEqualTo(75);
    assertThat(last.path("why").asText()).startsWith("Rank 1 (process 7 on ").endsWith("is gone.");
  }

  /** A rank at the gate, and the other end of its connection. */
  private record Visit(Member member, Wire other) {
    JsonNode hears() throws IOException {
      return other.read().orElseThrow();
    }
  }

  private Visit comes(int rank) throws IOException {
    try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      Wire other = wire(new Socket(InetAddress.getLoopbackAddress(), server.getLocalPort()));
      return new Visit(new Member(new Hello(rank, 2, 7), wire(server.accept())), other);
    }
  }

  private Wire wire(Socket socket) throws IOException {
    Wire wire = new Wire(socket, TURN);
    open.add(wire);
    return wire;
  }
}
