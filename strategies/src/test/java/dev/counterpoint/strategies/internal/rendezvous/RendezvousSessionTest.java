package dev.counterpoint.strategies.internal.rendezvous;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.counterpoint.strategies.internal.network.AuthenticatedConnection;
import dev.counterpoint.strategies.internal.network.AuthenticatedServer;
import dev.counterpoint.strategies.internal.network.Secret;
import dev.counterpoint.strategies.launch.Address;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Ranks that join and leave in a given order. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class RendezvousSessionTest {
  private static final Duration TURN = Duration.ofSeconds(30);
  private static final Secret SECRET = Secret.of("open sesame");

  private final List<String> events = new CopyOnWriteArrayList<>();
  private final List<AutoCloseable> open = new ArrayList<>();
  private final RendezvousSession ranks =
      new RendezvousSession(
          Address.LOOPBACK, 2, event -> events.add(RendezvousFixture.text(event)));

  @AfterEach
  void closeAll() throws Exception {
    for (AutoCloseable each : open) {
      each.close();
    }
  }

  @Test
  void aLostRankMayJoinAgainInTime() throws Exception {
    Joining first = joins(1);
    assertThat(ranks.admit(first.peer())).isTrue();

    ranks.disconnected(first.peer(), false);

    assertThat(ranks.admit(joins(1).peer())).isTrue();
    assertThat(events).isEmpty();
  }

  @Test
  void aRankThatIsLostAfterJoiningIsOverEndsTheAttempt() throws Exception {
    Joining first = joins(0);
    Joining second = joins(1);
    ranks.admit(first.peer());
    ranks.admit(second.peer());
    ranks.joiningIsOver(Duration.ofSeconds(1), "");

    ranks.disconnected(second.peer(), false);

    assertThat(events).containsExactly("lost 1");
    assertThat(JsonChannel.type(first.received())).isEqualTo("welcome");
    JsonNode last = first.received();
    assertThat(JsonChannel.type(last)).isEqualTo("over");
    assertThat(last.path("code").asInt()).isEqualTo(75);
    assertThat(last.path("why").asText()).startsWith("Rank 1 (process 7 on ");
  }

  /** A rank, and the other end of its connection. */
  private record Joining(Peer peer, JsonChannel other) {
    JsonNode received() throws IOException {
      return other.read().orElseThrow();
    }
  }

  private Joining joins(int rank) throws Exception {
    CompletableFuture<AuthenticatedConnection> accepted = new CompletableFuture<>();
    AuthenticatedServer server =
        AuthenticatedServer.bind(
            Address.LOOPBACK.resolved(),
            JsonChannel.PROTOCOL,
            SECRET,
            connection -> {
              accepted.complete(connection);
              connection.setTurn(TURN);
              connection.listen(1, message -> false);
            });
    server.start();
    open.add(server);
    JsonChannel other =
        new JsonChannel(
            AuthenticatedConnection.connect(
                new Address("127.0.0.1", server.port()).resolved(),
                JsonChannel.PROTOCOL,
                SECRET,
                TURN));
    other.connection().setTurn(TURN);
    open.add(other);
    JsonChannel own = new JsonChannel(accepted.get(30, TimeUnit.SECONDS));
    return new Joining(new Peer(new JoinRequest(rank, 2, 7), own), other);
  }
}
