package dev.counterpoint.runner.rendezvous;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.counterpoint.core.settings.InvalidSettings;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.assertj.core.api.AbstractThrowableAssert;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A gate and its ranks in one process, over real connections. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD) // What waits may not hear.
final class GateTest {
  private static final Secret SECRET = Secret.of("open sesame");
  private static final Timing PATIENT = new Timing(Duration.ofSeconds(30), Duration.ofSeconds(30));

  /** Who says nothing for three quarters of two seconds does not answer any more. */
  private static final Timing HASTY = new Timing(Duration.ofSeconds(2), Duration.ofSeconds(30));

  private static final Address RING = new Address("127.0.0.1", 4711);

  @TempDir private Path folder;
  private final BlockingQueue<String> events = new LinkedBlockingQueue<>();
  private final BlockingQueue<String> lost = new LinkedBlockingQueue<>();
  private final List<AutoCloseable> open = new CopyOnWriteArrayList<>();

  @AfterEach
  void closeAll() throws Exception {
    for (AutoCloseable each : open) {
      each.close();
    }
  }

  @Test
  void ranksThatAgreeAreToldWhereTheRingIs() {
    Gate gate = gate(2, PATIENT);
    CompletableFuture<Address> first = rank(gate, 0);
    CompletableFuture<Address> second = rank(gate, 1);

    assertThat(first.join()).isEqualTo(RING);
    assertThat(second.join()).isEqualTo(RING);
    assertThat(events).containsExactly("begun");
    assertThat(folder).isEmptyDirectory();
  }

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
                Gate.open(new Address("0.0.0.0", 0), Secret.of(""), 1, PATIENT, () -> RING, told()))
        .hasMessageContaining("COUNTERPOINT_SECRET");
  }

  @Test
  void aPortThatIsTakenIsNamed() throws IOException {
    try (ServerSocket other = listening()) {
      Address taken = address(other);

      assertRefused(() -> Gate.open(taken, SECRET, 1, PATIENT, () -> RING, told()))
          .hasMessageContaining("cannot listen at " + taken)
          .hasMessageContaining("Choose a free port");
    }
  }

  @Test
  void theRanksThatDidNotComeAreNamedToThoseThatDid() throws InterruptedException {
    Timing timing = new Timing(Duration.ofSeconds(30), Duration.ofSeconds(2));
    Gate gate = gate(4, timing);
    CompletableFuture<Address> second = rank(gate, new Hello(1, 4, 7), PATIENT, facts("32"));

    assertRefused(second)
        .hasMessageContaining("Ranks 0, 2, 3 of 4 did not come to the tracker at 127.0.0.1:");
    assertThat(events.take()).isEqualTo("missing [0, 2, 3]");
    assertThat(gate.await()).isEqualTo(2);
  }

  @Test
  void aRankIsThereOnce() {
    Gate gate = gate(2, PATIENT);
    enter(gate, SECRET, new Hello(1, 2, 4711), PATIENT);

    assertRefused(() -> enter(gate, 1))
        .hasMessage(
            "Rank 1 (process 4711 on 127.0.0.1) is there already. Give each process another rank.");
  }

  @Test
  void aRankOfAnotherWorldIsRefused() {
    Gate gate = gate(2, PATIENT);

    assertRefused(() -> enter(gate, SECRET, Hello.of(0, 3), PATIENT))
        .hasMessageContaining("Rank 0 was told of 3 ranks, but the tracker at")
        .hasMessageContaining("of 2");
  }

  @Test
  void aRankOutsideOfTheWorldIsRefused() {
    Gate gate = gate(2, PATIENT);

    assertRefused(() -> enter(gate, 2)).hasMessage("Rank 2 must be from 0 to 1.");
  }

  @Test
  void whatRanksDifferInIsNamedToAll() {
    Gate gate = gate(3, PATIENT);
    List<CompletableFuture<Address>> ranks =
        List.of(rank(gate, 0), rank(gate, 1, facts("16")), rank(gate, 2));

    for (CompletableFuture<Address> rank : ranks) {
      assertRefused(rank)
          .hasMessageContaining("training.batchSize is 32 on ranks 0, 2, 16 on rank 1");
    }
    assertThat(gate.await()).isEqualTo(2);
  }

  @Test
  void aKeyThatOneRankLacksIsADifference() {
    Gate gate = gate(2, PATIENT);
    CompletableFuture<Address> first = rank(gate, 0);
    rank(gate, 1, new Facts(Map.of(), folder.toString()));

    assertThatThrownBy(first::join)
        .hasMessageContaining("training.batchSize is 32 on rank 0, absent on rank 1");
  }

  @Test
  void aRankThatDoesNotSeeTheRunDirectoryIsNamed() {
    Gate gate = gate(2, PATIENT);
    CompletableFuture<Address> first = rank(gate, 0);
    rank(gate, 1, new Facts(facts("32").values(), folder.resolve("elsewhere").toString()));

    assertRefused(first)
        .hasMessageContaining("is not seen by rank 1 in " + folder.resolve("elsewhere"));
    assertThat(folder).isEmptyDirectory();
  }

  @Test
  void oneThatIsGoneEndsTheAttemptOfAll() throws Exception {
    Gate gate = gate(2, PATIENT);
    Socket second = agreedWithOneThatDoesNotBeat(gate, PATIENT);

    second.close();

    assertThat(lost.take()).isEqualTo("75: Rank 1 (process 4711 on 127.0.0.1) is gone.");
    assertThat(gate.await()).isEqualTo(75);
    assertThat(events).containsExactly("begun", "lost 1");
  }

  @Test
  void oneThatDoesNotAnswerEndsTheAttemptOfAll() throws Exception {
    Gate gate = gate(2, HASTY);
    agreedWithOneThatDoesNotBeat(gate, HASTY);

    assertThat(lost.take())
        .isEqualTo("75: Rank 1 (process 4711 on 127.0.0.1) does not answer any more.");
    assertThat(events).containsExactly("begun", "lost 1 silent");
  }

  @Test
  void oneThatFailsForAReasonOfItsOwnEndsTheJob() throws Exception {
    Gate gate = gate(2, PATIENT);
    List<GateClient> ranks = agreed(gate);

    ranks.get(1).close();

    assertThat(lost.take()).startsWith("1: Rank 1 ").contains("failed, as its own output says");
    assertThat(gate.await()).isEqualTo(1);
    assertThat(events).containsExactly("begun", "failed 1");
  }

  @Test
  void whoFailsForAReasonOfItsOwnIsNotEndedBeforeItSaysSo() throws Exception {
    Gate gate = gate(2, PATIENT);
    GateClient first = enter(gate, 0);
    Socket second = speaking(gate, new Hello(1, 2, 4711), facts("32"));
    agree(first, facts("32")).join();
    Wire wire = new Wire(second, 30_000);

    wire.send(Wire.message("bye").put("done", false));
    assertThat(lost.take()).startsWith("1: Rank 1 ");
    first.close();
    assertThat(gate.await()).isEqualTo(1);

    assertThat(events.take()).isEqualTo("begun");
    assertThat(events.take()).isEqualTo("failed 1");
    assertThat(events.poll(30, TimeUnit.SECONDS)).isEqualTo("failed 0");
  }

  @Test
  void whereTheRingCannotBeStartedAllAreToldWhy() {
    for (Supplier<Address> broken :
        List.<Supplier<Address>>of(
            () -> {
              throw new ExceptionInInitializerError("no library");
            },
            () -> {
              throw new UncheckedIOException(new IOException("no library"));
            })) {
      Gate gate = kept(Gate.open(Address.LOCAL, SECRET, 2, PATIENT, broken, told()));
      CompletableFuture<Address> first = rank(gate, 0);
      CompletableFuture<Address> second = rank(gate, 1);

      assertRefused(first).hasMessageContaining("no library");
      assertRefused(second).hasMessageContaining("no library");
      assertThat(gate.await()).isEqualTo(2);
    }
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
  void ranksThatAreDoneLeaveOneByOne() throws Exception {
    Gate gate = gate(2, PATIENT);
    List<GateClient> ranks = agreed(gate);

    for (GateClient rank : ranks) {
      rank.done();
      rank.close();
    }

    assertThat(gate.await()).isEqualTo(0);
    assertThat(lost).isEmpty();
  }

  @Test
  void aTrackerThatIsGoneIsNoticed() throws Exception {
    Gate gate = gate(1, PATIENT);
    enter(gate, 0);

    CompletableFuture.runAsync(gate::close);

    assertThat(lost.take()).isEqualTo("75: The tracker at " + gate.address() + " is gone.");
  }

  @Test
  void aTrackerThatDoesNotAnswerIsNoticed() throws Exception {
    // Its heart beats too slowly for this rank.
    Gate gate = gate(1, new Timing(Duration.ofMinutes(10), Duration.ofSeconds(30)));
    enter(gate, SECRET, Hello.of(0, 1), HASTY);

    assertThat(lost.take())
        .isEqualTo("75: The tracker at " + gate.address() + " does not answer any more.");
  }

  @Test
  void whereThereIsNoTrackerTheAddressIsNamed() throws IOException {
    Timing shortly = new Timing(Duration.ofSeconds(30), Duration.ofMillis(1));
    try (ServerSocket nobody = listening()) {
      CompletableFuture.runAsync(() -> hangUp(nobody));
      Address nowhere = address(nobody);

      assertRefused(() -> GateClient.enter(nowhere, SECRET, Hello.of(0, 1), shortly, this::end))
          .hasMessageContaining("Rank 0 found no tracker at " + nowhere);
    }
  }

  private static void hangUp(ServerSocket server) {
    try {
      while (!server.isClosed()) {
        server.accept().close();
      }
    } catch (IOException e) {
      // It is closed.
    }
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
  void aTrackerThatIsGoneInTheMiddleOfTheGreetingIsWaitedForAgain() throws IOException {
    try (ServerSocket dying = listening()) {
      Address address = address(dying);
      CompletableFuture<GateClient> rank =
          CompletableFuture.supplyAsync(
              () -> GateClient.enter(address, SECRET, Hello.of(0, 1), PATIENT, this::end));
      dying.accept().close();
      dying.close();
      kept(Gate.open(address, SECRET, 1, PATIENT, () -> RING, told()));

      assertThat(agree(kept(rank.join()), facts("32")).join()).isEqualTo(RING);
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

  private Gate gate(int world, Timing timing) {
    return kept(Gate.open(Address.LOCAL, SECRET, world, timing, () -> RING, told()));
  }

  private <T extends AutoCloseable> T kept(T each) {
    open.add(0, each);
    return each;
  }

  private Facts facts(String batchSize) {
    return new Facts(Map.of("training.batchSize", batchSize), folder.toString());
  }

  private GateClient enter(Gate gate, int rank) {
    return enter(gate, SECRET, Hello.of(rank, gate.world()), PATIENT);
  }

  private GateClient enter(Gate gate, Secret secret, Hello hello, Timing timing) {
    return kept(GateClient.enter(gate.address(), secret, hello, timing, this::end));
  }

  private void end(String why, int code) {
    lost.add(code + ": " + why);
  }

  private CompletableFuture<Address> rank(Gate gate, int rank) {
    return rank(gate, rank, facts("32"));
  }

  private CompletableFuture<Address> rank(Gate gate, int rank, Facts facts) {
    return rank(gate, Hello.of(rank, gate.world()), PATIENT, facts);
  }

  private CompletableFuture<Address> rank(Gate gate, Hello hello, Timing timing, Facts facts) {
    return agree(enter(gate, SECRET, hello, timing), facts);
  }

  private static CompletableFuture<Address> agree(GateClient client, Facts facts) {
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

  /** Two ranks that were told where the ring is. */
  private List<GateClient> agreed(Gate gate) {
    List<GateClient> ranks = List.of(enter(gate, 0), enter(gate, 1));
    ranks.stream().map(rank -> agree(rank, facts("32"))).toList().forEach(CompletableFuture::join);
    return ranks;
  }

  /** Likewise, and the second is returned. */
  private Socket agreedWithOneThatDoesNotBeat(Gate gate, Timing timing) throws IOException {
    CompletableFuture<Address> first = rank(gate, Hello.of(0, gate.world()), timing, facts("32"));
    Socket second = speaking(gate, new Hello(1, gate.world(), 4711), facts("32"));
    first.join();
    return second;
  }

  private static AbstractThrowableAssert<?, ?> assertRefused(ThrowingCallable request) {
    return assertThatThrownBy(request).isInstanceOf(InvalidSettings.class);
  }

  private static AbstractThrowableAssert<?, ?> assertRefused(CompletableFuture<Address> rank) {
    return assertThatThrownBy(rank::join).cause().isInstanceOf(InvalidSettings.class);
  }

  private static ServerSocket listening() throws IOException {
    return new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
  }

  private static Address address(ServerSocket server) {
    return new Address("127.0.0.1", server.getLocalPort());
  }

  /** A rank whose heart does not beat. */
  private Socket speaking(Gate gate, Hello hello, Facts facts) throws IOException {
    Socket socket = entered(gate, hello);
    Wire wire = new Wire(socket, 30_000);
    wire.send(facts.toMessage());
    wire.send(Wire.message("seen").put("seen", true));
    return socket;
  }

  /** Likewise, and it has not said yet what it has. */
  private Socket entered(Gate gate, Hello hello) throws IOException {
    Socket socket = kept(connect(gate));
    assertThat(Handshake.asRank(socket, SECRET)).isEqualTo(Handshake.Outcome.KNOWN);
    new Wire(socket, 30_000).send(hello.toMessage());
    return socket;
  }

  private static Socket connect(Gate gate) throws IOException {
    Socket socket = new Socket();
    socket.connect(gate.address().resolved());
    socket.setSoTimeout((int) TimeUnit.SECONDS.toMillis(30));
    return socket;
  }

  private GateEvents told() {
    return new GateEvents() {
      @Override
      public void begun() {
        events.add("begun");
      }

      @Override
      public void missing(List<Integer> ranks) {
        events.add("missing " + ranks);
      }

      @Override
      public void failed(int rank) {
        events.add("failed " + rank);
      }

      @Override
      public void lost(int rank, boolean silent) {
        events.add("lost " + rank + (silent ? " silent" : ""));
      }
    };
  }
}
