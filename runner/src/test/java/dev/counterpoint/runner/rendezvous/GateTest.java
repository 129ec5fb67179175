package dev.counterpoint.runner.rendezvous;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.counterpoint.core.settings.InvalidSettings;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.assertj.core.api.AbstractThrowableAssert;
import org.junit.jupiter.api.Test;

/** Ranks that come to a gate, agree, and leave it. */
final class GateTest extends GateScene {
  /** Who says nothing for three quarters of two seconds does not answer any more. */
  private static final Timing HASTY = new Timing(Duration.ofSeconds(2), Duration.ofSeconds(30));

  @Test
  void ranksThatAgreeAreToldWhereTheRingIs() throws InterruptedException {
    Gate gate = gate(2, PATIENT);
    CompletableFuture<Address> first = rank(gate, 0);
    CompletableFuture<Address> second = rank(gate, 1);

    assertThat(first.join()).isEqualTo(RING);
    assertThat(second.join()).isEqualTo(RING);
    assertThat(events.told().take()).isEqualTo("begun"); // The ranks may have heard it earlier.
    assertThat(events.told()).isEmpty();
    assertThat(folder).isEmptyDirectory();
  }

  @Test
  void aPortThatIsTakenIsNamed() throws IOException {
    try (ServerSocket other = listening()) {
      Address taken = address(other);

      assertRefused(() -> Gate.open(taken, SECRET, 1, PATIENT, () -> RING, events))
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
    assertThat(events.told().take()).isEqualTo("missing [0, 2, 3]");
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
    assertThat(events.told()).containsExactly("begun", "lost 1");
  }

  @Test
  void oneThatDoesNotAnswerEndsTheAttemptOfAll() throws Exception {
    Gate gate = gate(2, HASTY);
    agreedWithOneThatDoesNotBeat(gate, HASTY);

    assertThat(lost.take())
        .isEqualTo("75: Rank 1 (process 4711 on 127.0.0.1) does not answer any more.");
    assertThat(events.told()).containsExactly("begun", "lost 1 silent");
  }

  @Test
  void oneThatFailsForAReasonOfItsOwnEndsTheJob() throws Exception {
    Gate gate = gate(2, PATIENT);
    List<GateClient> ranks = agreed(gate);

    ranks.get(1).close();

    assertThat(lost.take()).startsWith("1: Rank 1 ").contains("failed, as its own output says");
    assertThat(gate.await()).isEqualTo(1);
    assertThat(events.told()).containsExactly("begun", "failed 1");
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

    assertThat(events.told().take()).isEqualTo("begun");
    assertThat(events.told().take()).isEqualTo("failed 1");
    assertThat(events.told().poll(30, TimeUnit.SECONDS)).isEqualTo("failed 0");
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
      Gate gate = kept(Gate.open(Address.LOCAL, SECRET, 2, PATIENT, broken, events));
      CompletableFuture<Address> first = rank(gate, 0);
      CompletableFuture<Address> second = rank(gate, 1);

      assertRefused(first).hasMessageContaining("no library");
      assertRefused(second).hasMessageContaining("no library");
      assertThat(gate.await()).isEqualTo(2);
    }
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
  void aTrackerThatIsGoneInTheMiddleOfTheGreetingIsWaitedForAgain() throws IOException {
    try (ServerSocket dying = listening()) {
      Address address = address(dying);
      CompletableFuture<GateClient> rank =
          CompletableFuture.supplyAsync(
              () -> GateClient.enter(address, SECRET, Hello.of(0, 1), PATIENT, this::end));
      dying.accept().close();
      dying.close();
      kept(Gate.open(address, SECRET, 1, PATIENT, () -> RING, events));

      assertThat(agree(kept(rank.join()), facts("32")).join()).isEqualTo(RING);
    }
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

  private static AbstractThrowableAssert<?, ?> assertRefused(CompletableFuture<Address> rank) {
    return assertThatThrownBy(rank::join).cause().isInstanceOf(InvalidSettings.class);
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
}
