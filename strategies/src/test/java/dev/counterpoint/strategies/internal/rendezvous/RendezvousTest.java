package dev.counterpoint.strategies.internal.rendezvous;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.strategies.internal.network.Secret;
import dev.counterpoint.strategies.launch.Address;
import java.io.IOException;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.assertj.core.api.AbstractThrowableAssert;
import org.junit.jupiter.api.Test;

/** Ranks that join, agree, and leave. */
final class RendezvousTest extends RendezvousFixture {
  /** A rank is lost after 1.5 seconds of silence. */
  private static final Timing HASTY = new Timing(Duration.ofSeconds(2), Duration.ofSeconds(30));

  @Test
  void ranksThatAgreeReceiveTheAddressOfTheRing() throws InterruptedException {
    RendezvousServer server = server(2, PATIENT);
    CompletableFuture<Address> first = rank(server, 0);
    CompletableFuture<Address> second = rank(server, 1);

    assertThat(first.join()).isEqualTo(RING);
    assertThat(second.join()).isEqualTo(RING);
    assertThat(events.take()).isEqualTo("begun"); // The ranks may have received it earlier.
    assertThat(events).isEmpty();
    assertThat(folder).isEmptyDirectory();
  }

  @Test
  void eachRankReceivesTheAddressOfTheNext() throws Exception {
    RendezvousServer server = server(3, PATIENT);
    List<RendezvousClient> ranks = List.of(join(server, 0), join(server, 1), join(server, 2));
    List<CompletableFuture<Address>> next =
        IntStream.range(0, 3)
            .mapToObj(
                rank ->
                    agree(
                        ranks.get(rank),
                        fingerprint("32"),
                        new Address("10.0.0." + rank, 40 + rank)))
            .toList();

    assertThat(next.stream().map(CompletableFuture::join))
        .containsExactly(
            new Address("10.0.0.1", 41), new Address("10.0.0.2", 42), new Address("10.0.0.0", 40));
    assertThat(ranks).extracting(RendezvousClient::attempt).containsOnly(ranks.get(0).attempt());
    assertThat(ranks).extracting(RendezvousClient::localHost).containsOnly("127.0.0.1");
  }

  @Test
  void aPortInUseIsNamed() throws IOException {
    try (ServerSocket other = listening()) {
      Address taken = address(other);

      assertRefused(() -> server(new RendezvousServer.Settings(taken, SECRET, 1, PATIENT)))
          .hasMessageContaining(taken.toString());
    }
  }

  @Test
  void missingRanksAreNamedToTheOthers() throws InterruptedException {
    Timing timing = new Timing(Duration.ofSeconds(30), Duration.ofSeconds(2));
    RendezvousServer server = server(4, timing);
    CompletableFuture<Address> second =
        rank(server, new JoinRequest(1, 4, 7), PATIENT, fingerprint("32"));

    assertRefused(second).hasMessageContaining("Ranks 0, 2, 3 of 4");
    assertThat(events.take()).isEqualTo("missing 0 2 3");
  }

  @Test
  void theAddressOfARankWithAnotherSecretIsNamedToTheOthers() {
    Timing timing = new Timing(Duration.ofSeconds(30), Duration.ofSeconds(2));
    RendezvousServer server = server(2, timing);
    CompletableFuture<Address> first = rank(server, 0);
    assertRefused(() -> join(server, Secret.of("open barley"), JoinRequest.of(1, 2), PATIENT));

    assertRefused(first).hasMessageContainingAll("127.0.0.1", "COUNTERPOINT_SECRET");
  }

  @Test
  void aRankJoinsOnce() {
    RendezvousServer server = server(2, PATIENT);
    join(server, SECRET, new JoinRequest(1, 2, 4711), PATIENT);

    assertRefused(() -> join(server, 1)).hasMessageContaining("Rank 1 (process 4711 on 127.0.0.1)");
  }

  @Test
  void aRankOfAnotherWorldIsRefused() {
    RendezvousServer server = server(2, PATIENT);

    assertRefused(() -> join(server, SECRET, JoinRequest.of(0, 3), PATIENT))
        .hasMessageContainingAll("Rank 0 expects 3", "expects 2");
  }

  @Test
  void aRankOutsideOfTheWorldIsRefused() {
    RendezvousServer server = server(2, PATIENT);

    assertRefused(() -> join(server, 2)).hasMessageContaining("from 0 to 1");
  }

  @Test
  void differencesAreNamedToAllRanks() {
    RendezvousServer server = server(3, PATIENT);
    List<CompletableFuture<Address>> ranks =
        List.of(rank(server, 0), rank(server, 1, fingerprint("16")), rank(server, 2));

    for (CompletableFuture<Address> rank : ranks) {
      assertRefused(rank)
          .hasMessageContaining("training.batchSize is 32 on ranks 0, 2, 16 on rank 1");
    }
  }

  @Test
  void aMissingKeyIsADifference() {
    RendezvousServer server = server(2, PATIENT);
    CompletableFuture<Address> first = rank(server, 0);
    rank(server, 1, new RunFingerprint(Map.of(), Map.of(), Map.of(), folder.toString()));

    assertThatThrownBy(first::join)
        .hasMessageContaining("training.batchSize is 32 on rank 0, absent on rank 1");
  }

  @Test
  void aRankWithAnotherRunDirectoryIsNamed() {
    RendezvousServer server = server(2, PATIENT);
    CompletableFuture<Address> first = rank(server, 0);
    rank(server, 1, elsewhere());

    assertRefused(first).hasMessageContaining("rank 1 in " + folder.resolve("elsewhere"));
    assertThat(folder).isEmptyDirectory();
  }

  @Test
  void aDisconnectedRankEndsTheAttempt() throws Exception {
    RendezvousServer server = server(2, PATIENT);
    JsonChannel second = agreedWithASilentRank(server, PATIENT);

    second.close();

    assertThat(lost.take()).startsWith("75: Rank 1 (process 4711 on 127.0.0.1)");
    assertThat(events).containsExactly("begun", "lost 1");
  }

  @Test
  void aSilentRankEndsTheAttempt() throws Exception {
    RendezvousServer server = server(2, HASTY);
    agreedWithASilentRank(server, HASTY);

    assertThat(lost.take()).startsWith("75: Rank 1 (process 4711 on 127.0.0.1)");
    assertThat(events).containsExactly("begun", "silent 1");
  }

  @Test
  void aFailedRankEndsTheJob() throws Exception {
    RendezvousServer server = server(2, PATIENT);
    List<RendezvousClient> ranks = agreed(server);

    ranks.get(1).close();

    assertThat(lost.take()).startsWith("1: Rank 1 ");
    assertThat(events).containsExactly("begun", "failed 1");
  }

  @Test
  void aFailedRankIsNotEndedBeforeItReportsTheReason() throws Exception {
    RendezvousServer server = server(2, PATIENT);
    RendezvousClient first = join(server, 0);
    JsonChannel second = silent(server, new JoinRequest(1, 2, 4711), fingerprint("32"));
    agree(first, fingerprint("32")).join();

    second.send(JsonChannel.message("bye").put("done", false));
    assertThat(lost.take()).startsWith("1: Rank 1 ");
    first.close();

    assertThat(events.take()).isEqualTo("begun");
    assertThat(events.take()).isEqualTo("failed 1");
    assertThat(events.poll(30, TimeUnit.SECONDS)).isEqualTo("failed 0");
  }

  @Test
  void ranksThatAreDoneLeaveOneByOne() throws Exception {
    RendezvousServer server = server(2, PATIENT);
    List<RendezvousClient> ranks = agreed(server);

    for (RendezvousClient rank : ranks) {
      rank.done();
      rank.close();
    }

    assertThat(events.take()).isEqualTo("begun");
    assertThat(events.take()).isEqualTo("done");
    assertThat(lost).isEmpty();
  }

  @Test
  void aDisconnectedTrackerIsDetected() throws Exception {
    RendezvousServer server = server(1, PATIENT);
    join(server, 0);

    CompletableFuture.runAsync(server::close);

    assertThat(lost.take()).startsWith("75: The tracker at " + server.address());
  }

  @Test
  void aSilentTrackerIsDetected() throws Exception {
    // The tracker sends heartbeats too slowly for this rank.
    RendezvousServer server = server(1, new Timing(Duration.ofMinutes(10), Duration.ofSeconds(30)));
    join(server, SECRET, JoinRequest.of(0, 1), HASTY);

    assertThat(lost.take()).startsWith("75: The tracker at " + server.address());
  }

  @Test
  void theAddressOfAMissingTrackerIsNamed() throws IOException {
    Timing shortly = new Timing(Duration.ofSeconds(30), Duration.ofMillis(1));
    try (ServerSocket nobody = listening()) {
      CompletableFuture.runAsync(() -> hangUp(nobody));
      Address nowhere = address(nobody);

      assertRefused(
              () ->
                  RendezvousClient.join(nowhere, SECRET, JoinRequest.of(0, 1), shortly, this::end))
          .hasMessageContaining(nowhere.toString());
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
  void aTrackerThatIsKilledDuringTheHandshakeIsWaitedFor() throws IOException {
    try (ServerSocket dying = listening()) {
      Address address = address(dying);
      CompletableFuture<RendezvousClient> rank =
          CompletableFuture.supplyAsync(
              () ->
                  RendezvousClient.join(address, SECRET, JoinRequest.of(0, 1), PATIENT, this::end));
      dying.accept().close();
      dying.close();
      server(new RendezvousServer.Settings(address, SECRET, 1, PATIENT));

      assertThat(agree(kept(rank.join()), fingerprint("32")).join()).isEqualTo(RING);
    }
  }

  /** Two ranks that have the address of the ring. */
  private List<RendezvousClient> agreed(RendezvousServer server) {
    List<RendezvousClient> ranks = List.of(join(server, 0), join(server, 1));
    ranks.stream()
        .map(rank -> agree(rank, fingerprint("32")))
        .toList()
        .forEach(CompletableFuture::join);
    return ranks;
  }

  /** Two ranks that have agreed; the second, which sends no heartbeats, is returned. */
  private JsonChannel agreedWithASilentRank(RendezvousServer server, Timing timing)
      throws IOException {
    CompletableFuture<Address> first =
        rank(server, JoinRequest.of(0, server.worldSize()), timing, fingerprint("32"));
    JsonChannel second =
        silent(server, new JoinRequest(1, server.worldSize(), 4711), fingerprint("32"));
    first.join();
    return second;
  }

  private static AbstractThrowableAssert<?, ?> assertRefused(CompletableFuture<Address> rank) {
    return assertThatThrownBy(rank::join).cause().isInstanceOf(InvalidSettings.class);
  }

  private RunFingerprint elsewhere() {
    return new RunFingerprint(
        Map.of(), fingerprint("32").settings(), Map.of(), folder.resolve("elsewhere").toString());
  }

  /** A rank that sends no heartbeats. */
  private JsonChannel silent(
      RendezvousServer server, JoinRequest request, RunFingerprint fingerprint) throws IOException {
    JsonChannel channel = channel(server);
    channel.send(JsonChannel.message(JoinRequest.TYPE, request));
    channel.send(
        JsonChannel.message(RunFingerprint.TYPE, fingerprint)
            .put(RunFingerprint.RING, RING.toString()));
    channel.send(JsonChannel.message("seen").put("seen", true));
    return channel;
  }
}
