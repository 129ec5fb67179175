package dev.counterpoint.runner.rendezvous;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.counterpoint.core.settings.InvalidSettings;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.assertj.core.api.AbstractThrowableAssert;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A gate and its ranks in one process, over real connections; all are closed after a test. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD) // What waits may not hear.
abstract class GateScene {
  static final Secret SECRET = Secret.of("open sesame");
  static final Timing PATIENT = new Timing(Duration.ofSeconds(30), Duration.ofSeconds(30));
  static final Address RING = new Address("127.0.0.1", 4711);

  @TempDir Path folder;
  final RecordedEvents events = new RecordedEvents();

  /** What ends a rank: its exit code and why. */
  final BlockingQueue<String> lost = new LinkedBlockingQueue<>();

  private final List<AutoCloseable> open = new CopyOnWriteArrayList<>();

  @AfterEach
  void closeAll() throws Exception {
    for (AutoCloseable each : open) {
      each.close();
    }
  }

  Gate gate(int world, Timing timing) {
    return kept(Gate.open(Address.LOCAL, SECRET, world, timing, () -> RING, events));
  }

  <T extends AutoCloseable> T kept(T each) {
    open.add(0, each);
    return each;
  }

  Facts facts(String batchSize) {
    return new Facts(Map.of("training.batchSize", batchSize), folder.toString());
  }

  GateClient enter(Gate gate, int rank) {
    return enter(gate, SECRET, Hello.of(rank, gate.world()), PATIENT);
  }

  GateClient enter(Gate gate, Secret secret, Hello hello, Timing timing) {
    return kept(GateClient.enter(gate.address(), secret, hello, timing, this::end));
  }

  void end(String why, int code) {
    lost.add(code + ": " + why);
  }

  CompletableFuture<Address> rank(Gate gate, int rank) {
    return rank(gate, rank, facts("32"));
  }

  CompletableFuture<Address> rank(Gate gate, int rank, Facts facts) {
    return rank(gate, Hello.of(rank, gate.world()), PATIENT, facts);
  }

  CompletableFuture<Address> rank(Gate gate, Hello hello, Timing timing, Facts facts) {
    return agree(enter(gate, SECRET, hello, timing), facts);
  }

  static CompletableFuture<Address> agree(GateClient client, Facts facts) {
    return CompletableFuture.supplyAsync(
        () -> {
          try {
            return client.agree(facts);
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
        },
        task -> new Thread(task).start());
  }

  static AbstractThrowableAssert<?, ?> assertRefused(ThrowingCallable request) {
    return assertThatThrownBy(request).isInstanceOf(InvalidSettings.class);
  }

  static ServerSocket listening() throws IOException {
    return new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
  }

  static Address address(ServerSocket server) {
    return new Address("127.0.0.1", server.getLocalPort());
  }

  static Socket connect(Gate gate) throws IOException {
    Socket socket = new Socket();
    socket.connect(gate.address().resolved());
    socket.setSoTimeout((int) TimeUnit.SECONDS.toMillis(30));
    return socket;
  }
}
