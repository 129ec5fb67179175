package dev.counterpoint.strategies.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.counterpoint.strategies.internal.network.AuthenticatedServer;
import dev.counterpoint.strategies.internal.network.Secret;
import dev.counterpoint.strategies.launch.Address;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

final class DriverConnectionTest {
  private static final Secret SECRET = Secret.of("secret");
  private static final RankId RANK = new RankId(1, 2, "node7");

  private final BlockingQueue<Object> received = new LinkedBlockingQueue<>();
  private final BlockingQueue<String> ofDriver = new LinkedBlockingQueue<>();
  private DriverServer driver;

  @BeforeEach
  void start() throws IOException {
    driver = DriverServer.start(Address.LOOPBACK, SECRET, listener());
  }

  @AfterEach
  void close() throws IOException {
    driver.close();
  }

  private DriverServer.Listener listener() {
    return new DriverServer.Listener() {
      @Override
      public void onConnected(RankId rank) {
        received.add(rank);
      }

      @Override
      public void onReport(RankId rank, DriverConnection.Report report) {
        received.add(report);
      }

      @Override
      public void onDisconnected(RankId rank) {
        received.add("disconnected");
      }
    };
  }

  private DriverConnection connect(Secret secret) throws IOException, InterruptedException {
    Address address = new Address("127.0.0.1", driver.port());
    return DriverConnection.open(new DriverConnection.Driver(address, secret), RANK);
  }

  private static <T> T next(BlockingQueue<T> queue) throws InterruptedException {
    return queue.poll(30, TimeUnit.SECONDS);
  }

  private DriverConnection.Listener task() {
    return new DriverConnection.Listener() {
      @Override
      public void onStop(String signal) {
        ofDriver.add(signal);
      }

      @Override
      public void onDriverLost() {
        ofDriver.add("lost");
      }
    };
  }

  @Test
  void theDriverReceivesRankReportsAndDisconnection() throws Exception {
    try (DriverConnection connection = connect(SECRET)) {
      connection.report(DriverConnection.Kind.OUT, "loss 0.5, äöü");
      connection.report(DriverConnection.Kind.END, 75, "lost");

      assertThat(next(received)).isEqualTo(RANK);
      assertThat(next(received))
          .isEqualTo(new DriverConnection.Report(DriverConnection.Kind.OUT, 0, "loss 0.5, äöü"));
      assertThat(next(received))
          .isEqualTo(new DriverConnection.Report(DriverConnection.Kind.END, 75, "lost"));
    }
    assertThat(next(received)).isEqualTo("disconnected");
  }

  @Test
  void aWrongSecretIsRefused() {
    assertThatThrownBy(() -> connect(Secret.of("guess")))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("127.0.0.1:" + driver.port());
    assertThat(received).isEmpty();
  }

  @Test
  void aStopReachesConnectedAndLaterTasks() throws Exception {
    try (DriverConnection first = connect(SECRET)) {
      first.listen(task());
      next(received);
      driver.stop("INT");
      assertThat(next(ofDriver)).isEqualTo("INT");
      try (DriverConnection second = connect(SECRET)) {
        second.listen(task());
        assertThat(next(ofDriver)).isEqualTo("INT");
      }
    }
  }

  @Test
  void aTaskDetectsTheEndOfTheDriver() throws Exception {
    try (DriverConnection connection = connect(SECRET)) {
      connection.listen(task());
      next(received);
      driver.close();

      assertThat(next(ofDriver)).isEqualTo("lost");
    }
  }

  @Test
  void aSilentTaskIsDisconnected() throws Exception {
    driver.close();
    driver = DriverServer.start(Address.LOOPBACK, SECRET, listener(), Duration.ofMillis(200));

    try (DriverConnection connection =
        connect(SECRET)) { // Without listen() no heartbeats are sent.
      assertThat(connection).isNotNull();
      assertThat(next(received)).isEqualTo(RANK);
      assertThat(next(received)).isEqualTo("disconnected");
    }
  }

  @Test
  void aTaskSendsHeartbeats() throws Exception {
    CompletableFuture<byte[]> second = new CompletableFuture<>();
    try (AuthenticatedServer other =
        AuthenticatedServer.bind(
            Address.LOOPBACK.resolved(),
            DriverConnection.PROTOCOL,
            SECRET,
            connection -> {
              connection.setTurn(Duration.ofSeconds(30));
              connection.read();
              second.complete(connection.read().orElseThrow());
            })) {
      other.start();
      Address address = new Address("127.0.0.1", other.port());
      try (DriverConnection connection =
          DriverConnection.open(new DriverConnection.Driver(address, SECRET), RANK)) {
        connection.listen(task());

        byte[] message = second.get(30, TimeUnit.SECONDS);
        assertThat(DriverConnection.Report.read(message).kind())
            .isEqualTo(DriverConnection.Kind.HEARTBEAT);
      }
    }
  }

  @Test
  void garbageIsNotAnswered() throws Exception {
    try (Socket client = new Socket(InetAddress.getLoopbackAddress(), driver.port())) {
      client.setSoTimeout(4_000); // Less than the time limit of the handshake.
      client.getOutputStream().write("x".repeat(600).getBytes(StandardCharsets.UTF_8));

      assertThat(drained(client)).isLessThanOrEqualTo(36); // the nonce, and nothing else
    }
    assertThat(received).isEmpty();
  }

  private static int drained(Socket socket) throws IOException {
    InputStream in = socket.getInputStream();
    int count = 0;
    try {
      while (in.read() >= 0) {
        count++;
      }
    } catch (SocketTimeoutException e) {
      throw e;
    } catch (IOException reset) {
      // The server has closed the connection before it read everything.
    }
    return count;
  }

  @Test
  void tooManyUnauthenticatedClientsKeepNoTaskOut() throws Exception {
    List<Socket> clients = new ArrayList<>();
    try {
      for (int i = 0; i < 100; i++) {
        Socket client = new Socket(InetAddress.getLoopbackAddress(), driver.port());
        clients.add(client);
        client.setSoTimeout(30_000);
        assertThat(client.getInputStream().readNBytes(36)).hasSize(36);
      }
      assertThat(clients.get(0).getInputStream().read()).isEqualTo(-1);
      try (DriverConnection connection = connect(SECRET)) {
        assertThat(connection).isNotNull();
        assertThat(next(received)).isEqualTo(RANK);
      }
    } finally {
      for (Socket client : clients) {
        client.close();
      }
    }
  }
}
