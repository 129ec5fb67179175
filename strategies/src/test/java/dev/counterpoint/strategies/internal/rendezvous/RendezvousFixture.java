package dev.counterpoint.strategies.internal.rendezvous;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.strategies.internal.network.AuthenticatedConnection;
import dev.counterpoint.strategies.internal.network.Secret;
import dev.counterpoint.strategies.launch.Address;
import dev.counterpoint.strategies.launch.LaunchException;
import dev.counterpoint.strategies.launch.TrackerEvent;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.assertj.core.api.AbstractThrowableAssert;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A server and its ranks in one process, over real connections; all are closed after a test. */
@Timeout(
    value = 60,
    threadMode =
        Timeout.ThreadMode.SEPARATE_THREAD) // A blocked thread may not react to an interrupt.
abstract class RendezvousFixture {
  static final Secret SECRET = Secret.of("open sesame");
  static final Timing PATIENT = new Timing(Duration.ofSeconds(30), Duration.ofSeconds(30));

  /** Where each rank listens in the ring, unless a test needs other addresses. */
  static final Address RING = new Address("127.0.0.1", 4711);

  @TempDir Path folder;
  final BlockingQueue<String> events = new LinkedBlockingQueue<>();

  /** The exit codes and reasons of ranks that were ended. */
  final BlockingQueue<String> lost = new LinkedBlockingQueue<>();

  private final List<AutoCloseable> open = new CopyOnWriteArrayList<>();

  @AfterEach
  void closeAll() throws Exception {
    for (AutoCloseable each : open) {
      each.close();
    }
  }

  RendezvousServer server(int worldSize, Timing timing) {
    return server(new RendezvousServer.Settings(Address.LOOPBACK, SECRET, worldSize, timing));
  }

  RendezvousServer server(RendezvousServer.Settings settings) {
    return kept(RendezvousServer.start(settings, this::record));
  }

  void record(TrackerEvent event) {
    events.add(text(event));
  }

  /** An event as {@code lost 1}. */
  static String text(TrackerEvent event) {
    return event.ranks().stream()
        .map(rank -> " " + rank)
        .collect(Collectors.joining("", event.kind().name().toLowerCase(Locale.ROOT), ""));
  }

  <T extends AutoCloseable> T kept(T each) {
    open.add(0, each);
    return each;
  }

  RunFingerprint fingerprint(String batchSize) {
    return new RunFingerprint(
        Map.of(), Map.of("training.batchSize", batchSize), Map.of(), folder.toString());
  }

  RendezvousClient join(RendezvousServer server, int rank) {
    return join(server, SECRET, JoinRequest.of(rank, server.worldSize()), PATIENT);
  }

  RendezvousClient join(
      RendezvousServer server, Secret secret, JoinRequest request, Timing timing) {
    return kept(RendezvousClient.join(server.address(), secret, request, timing, this::end));
  }

  void end(String why, int code) {
    lost.add(code + ": " + why);
  }

  CompletableFuture<Address> rank(RendezvousServer server, int rank) {
    return rank(server, rank, fingerprint("32"));
  }

  CompletableFuture<Address> rank(RendezvousServer server, int rank, RunFingerprint fingerprint) {
    return rank(server, JoinRequest.of(rank, server.worldSize()), PATIENT, fingerprint);
  }

  CompletableFuture<Address> rank(
      RendezvousServer server, JoinRequest request, Timing timing, RunFingerprint fingerprint) {
    return agree(join(server, SECRET, request, timing), fingerprint);
  }

  static CompletableFuture<Address> agree(RendezvousClient client, RunFingerprint fingerprint) {
    return agree(client, fingerprint, RING);
  }

  static CompletableFuture<Address> agree(
      RendezvousClient client, RunFingerprint fingerprint, Address ring) {
    return CompletableFuture.supplyAsync(
        () -> {
          try {
            return client.agree(fingerprint, ring);
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
        },
        task -> new Thread(task).start());
  }

  static AbstractThrowableAssert<?, ?> assertRefused(ThrowingCallable request) {
    return assertThatThrownBy(request)
        .isInstanceOfAny(InvalidSettings.class, LaunchException.class);
  }

  /** An authenticated connection whose messages the test sends itself. */
  JsonChannel channel(RendezvousServer server) throws IOException {
    JsonChannel channel =
        new JsonChannel(
            AuthenticatedConnection.connect(
                server.address().resolved(), JsonChannel.PROTOCOL, SECRET, Duration.ofSeconds(30)));
    channel.connection().setTurn(Duration.ofSeconds(30));
    return kept(channel);
  }

  static ServerSocket listening() throws IOException {
    return new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
  }

  static Address address(ServerSocket server) {
    return new Address("127.0.0.1", server.getLocalPort());
  }

  static Socket connect(RendezvousServer server) throws IOException {
    Socket socket = new Socket();
    socket.connect(server.address().resolved());
    socket.setSoTimeout((int) TimeUnit.SECONDS.toMillis(30));
    return socket;
  }
}
