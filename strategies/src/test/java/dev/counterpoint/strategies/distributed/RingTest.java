package dev.counterpoint.strategies.distributed;

import static org.assertj.core.api.Assertions.assertThat;

import dev.counterpoint.strategies.internal.network.KeyStores;
import dev.counterpoint.strategies.internal.network.Secret;
import dev.counterpoint.strategies.launch.Address;
import dev.counterpoint.strategies.launch.BindAddress;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The ring, between threads of one process. */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class RingTest {
  private static final Secret SECRET = Secret.of("open sesame");
  private static final Duration PATIENT = Duration.ofSeconds(60);
  private static final Duration HASTY = Duration.ofSeconds(1);

  @TempDir private Path folder;
  private final List<AutoCloseable> open = new ArrayList<>();

  /** What a rank does; the result is a text. */
  @FunctionalInterface
  private interface Task {
    String run(RingCollective ring) throws Exception;
  }

  @AfterEach
  void closeAll() throws Exception {
    for (AutoCloseable each : open) {
      each.close();
    }
  }

  /** Recorded with the native ring of XGBoost 3.0.4: world size, numbers, SHA-256 of the sums. */
  static Stream<String> recorded() throws IOException {
    try (InputStream in = RingTest.class.getResourceAsStream("all-reduce.txt")) {
      return new String(Objects.requireNonNull(in).readAllBytes(), StandardCharsets.US_ASCII)
          .lines();
    }
  }

  @ParameterizedTest
  @MethodSource("recorded")
  void sumsHaveTheBitsOfTheNativeRing(String line) throws Exception {
    String[] words = line.split(" ");
    int worldSize = Integer.parseInt(words[0]);
    int size = Integer.parseInt(words[1]);

    List<String> hashes =
        together(
            worldSize,
            PATIENT,
            ring -> {
              ByteBuffer numbers = numbers(worldSize, size, ring.rank());
              ring.allReduce(numbers);
              return hash(numbers);
            });

    assertThat(hashes).hasSize(worldSize).containsOnly(words[2]);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 4})
  void bucketsAreSummedAsIfEachWereAlone(int worldSize) throws Exception {
    int[] sizes = {70_000, 1, 0, 3, 50_001, 2, 131_072, 0};
    Task inOneCall =
        ring -> {
          List<ByteBuffer> buckets = buckets(worldSize, sizes, ring.rank());
          ring.allReduce(buckets);
          return hashes(buckets);
        };
    Task oneByOne =
        ring -> {
          List<ByteBuffer> buckets = buckets(worldSize, sizes, ring.rank());
          buckets.forEach(ring::allReduce);
          return hashes(buckets);
        };

    List<String> alone = together(worldSize, PATIENT, oneByOne);

    assertThat(alone.stream().distinct()).hasSize(1);
    assertThat(together(worldSize, PATIENT, inOneCall)).isEqualTo(alone);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 4})
  void aSumLeavesTheBytesAroundTheBucketAlone(int worldSize) throws Exception {
    List<String> results =
        together(
            worldSize,
            PATIENT,
            ring -> {
              ByteBuffer all = direct(5);
              for (int i = 0; i < 5; i++) {
                all.putFloat(4 * i, i + 1);
              }
              ring.allReduce(all.slice(4, 12).order(ByteOrder.nativeOrder()));
              float[] values = new float[5];
              all.asFloatBuffer().get(values);
              return Arrays.toString(values);
            });

    assertThat(results)
        .containsOnly(
            Arrays.toString(new float[] {1, 2f * worldSize, 3f * worldSize, 4f * worldSize, 5}));
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 4})
  void aBroadcastCopiesTheBytesOfRankZero(int worldSize) throws Exception {
    List<String> results =
        together(
            worldSize,
            PATIENT,
            ring -> {
              ByteBuffer large = numbers(worldSize, 2_000_003, ring.rank());
              ByteBuffer one = numbers(worldSize, 1, ring.rank());
              ring.broadcast(large);
              ring.broadcast(one);
              return hash(large) + hash(one);
            });

    assertThat(results)
        .containsOnly(hash(numbers(worldSize, 2_000_003, 0)) + hash(numbers(worldSize, 1, 0)));
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 4})
  void partsOfDifferentLengthsAreGatheredInTheOrderOfTheRanks(int worldSize) throws Exception {
    List<String> results =
        together(
            worldSize,
            PATIENT,
            ring ->
                gathered(ring, ring.rank() * 1_300_000)
                    + gathered(ring, (worldSize - ring.rank() - 1) * 3)
                    + gathered(ring, 0));

    String expected =
        IntStream.range(0, worldSize).mapToObj(rank -> part(rank, rank * 1_300_000)).toList()
            + ""
            + IntStream.range(0, worldSize)
                .mapToObj(rank -> part(rank, (worldSize - rank - 1) * 3))
                .toList()
            + IntStream.range(0, worldSize).mapToObj(rank -> part(rank, 0)).toList();
    assertThat(results).containsOnly(expected);
  }

  @Test
  void operationsFollowEachOtherInAnyOrder() throws Exception {
    List<String> results =
        together(
            3,
            PATIENT,
            ring -> {
              StringBuilder all = new StringBuilder();
              for (int i = 0; i < 200; i++) {
                ByteBuffer numbers = numbers(3, 1 + i * 7, ring.rank());
                ring.allReduce(numbers);
                all.append(Arrays.toString(ring.allReduce(0.1, ring.rank(), i)));
                ring.broadcast(numbers);
                ring.barrier();
                all.append(hash(numbers));
              }
              return all.toString();
            });

    assertThat(results.stream().distinct()).hasSize(1);
    assertThat(results.get(0)).startsWith("[" + (0.1 + 0.1 + 0.1) + ", 3.0, 0.0]");
  }

  @Test
  void onlyDirectBuffersInNativeOrderAreAccepted() throws Exception {
    ByteBuffer heap = ByteBuffer.allocate(8).order(ByteOrder.nativeOrder());

    assertThat(together(1, PATIENT, ring -> failure(() -> ring.allReduce(heap))).get(0))
        .contains("must be direct");
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 3, 4})
  void ranksThatLoseAnotherNameItAndItsCause(int worldSize) throws Exception {
    List<String> results =
        together(
            worldSize,
            PATIENT,
            ring -> {
              ring.barrier();
              if (ring.rank() == worldSize - 1) {
                ring.close();
                return "closed";
              }
              return failure(() -> ring.allReduce(direct(5_000_000)));
            });

    assertThat(results.subList(0, worldSize - 1))
        .allSatisfy(
            message ->
                assertThat(message)
                    .matches(
                        "rank \\d of "
                            + worldSize
                            + " lost the connection to rank \\d while all-reducing 20000000 bytes:"
                            + " that process has ended .*\\. This rank ends with code 75\\."));
  }

  @Test
  void aRankThatSendsNothingIsLostAfterTheDeadline() throws Exception {
    CountDownLatch ended = new CountDownLatch(1);
    long begin = System.nanoTime();
    List<String> results =
        together(
            2,
            HASTY,
            ring -> {
              if (ring.rank() == 1) {
                ended.await();
                return "";
              }
              try {
                return failure(ring::barrier);
              } finally {
                ended.countDown();
              }
            });

    assertThat(results.get(0))
        .contains("rank 0 of 2", "rank 1 while all-gathering 0 bytes", "for 1 s");
    assertThat(Duration.ofNanos(System.nanoTime() - begin)).isGreaterThan(HASTY);
  }

  /** Each bucket takes a part of the deadline, all together take longer. */
  @Test
  void theDeadlineBeginsAgainWithEachByte() throws Exception {
    List<String> results =
        together(
            2,
            Duration.ofSeconds(2),
            ring -> {
              for (int i = 0; i < 4; i++) {
                if (ring.rank() == 0) {
                  TimeUnit.MILLISECONDS.sleep(700);
                }
                ring.barrier();
              }
              return "done";
            });

    assertThat(results).containsOnly("done");
  }

  @Test
  void anInterruptEndsAnExchange() throws Exception {
    CountDownLatch ended = new CountDownLatch(1);
    List<String> results =
        together(
            2,
            PATIENT,
            ring -> {
              if (ring.rank() == 1) {
                ended.await();
                return "";
              }
              Thread caller = Thread.currentThread();
              CompletableFuture.runAsync(
                  caller::interrupt, CompletableFuture.delayedExecutor(200, TimeUnit.MILLISECONDS));
              try {
                return failure(ring::barrier);
              } finally {
                Thread.interrupted();
                ended.countDown();
              }
            });

    assertThat(results.get(0)).contains("this process was interrupted");
  }

  @Test
  void aRankWithAnotherSecretCannotJoin() throws Exception {
    Membership membership = membership(0, 2, SECRET, HASTY);
    RingListener listener = listener(membership);
    RingListener other = listener(membership(1, 2, Secret.of("open barley"), HASTY));

    assertThat(
            failure(
                () -> RingCollective.join(membership, listener, other.address(), message -> {})))
        .contains("rank 0 of 2", "rank 1 while joining the ring", "different secret");
  }

  @Test
  void aRankOfAnotherAttemptCannotJoin() throws Exception {
    Membership earlier = new Membership(0, 2, "earlier", SECRET, HASTY);
    RingListener listener = listener(earlier);
    RingListener other = listener(membership(1, 2, SECRET, HASTY));

    assertThat(
            failure(() -> RingCollective.join(earlier, listener, other.address(), message -> {})))
        .contains("while joining the ring");
  }

  @Test
  void overTlsTheResultsAreTheSame() throws Exception {
    Secret encrypted = SECRET.withTls(KeyStores.create(folder));
    List<Membership> members =
        IntStream.range(0, 3).mapToObj(rank -> membership(rank, 3, encrypted, PATIENT)).toList();
    Task task =
        ring -> {
          ByteBuffer numbers = numbers(3, 1_000_003, ring.rank());
          ring.allReduce(numbers);
          return hash(numbers) + gathered(ring, ring.rank() * 100_000);
        };

    List<String> results = together(members, members.stream().map(this::listener).toList(), task);

    assertThat(results).isEqualTo(together(3, PATIENT, task));
  }

  @Test
  void overTlsALostRankIsNamed() throws Exception {
    Secret encrypted = SECRET.withTls(KeyStores.create(folder));
    List<Membership> members =
        IntStream.range(0, 2).mapToObj(rank -> membership(rank, 2, encrypted, PATIENT)).toList();

    List<String> results =
        together(
            members,
            members.stream().map(this::listener).toList(),
            ring -> ring.rank() == 1 ? "" : failure(ring::barrier));

    assertThat(results.get(0)).contains("rank 0 of 2 lost the connection to rank 1");
  }

  /** They connect before the ranks, and more often than connections are allowed. */
  @Test
  void unauthenticatedClientsDoNotKeepRanksOut() throws Exception {
    List<Membership> members =
        IntStream.range(0, 3).mapToObj(rank -> membership(rank, 3, SECRET, PATIENT)).toList();
    List<RingListener> listeners = members.stream().map(this::listener).toList();
    for (RingListener listener : listeners) {
      for (int i = 0; i < 100; i++) {
        Socket client = new Socket();
        open.add(client);
        client.connect(listener.address().resolved());
        if (i % 2 == 0) {
          client.getOutputStream().write(new byte[5_000]);
        }
      }
    }

    List<String> results = together(members, listeners, ring -> gathered(ring, 1_000));

    assertThat(results.stream().distinct()).hasSize(1);
    assertThat(Thread.getAllStackTraces().keySet())
        .filteredOn(thread -> thread.getName().startsWith("connection of "))
        .hasSizeLessThanOrEqualTo(3 * 70);
  }

  @Test
  void theListenerClosesWithTheFirstRank() throws Exception {
    together(
        2,
        PATIENT,
        ring -> {
          ring.barrier();
          return "";
        });

    for (AutoCloseable each : open) {
      if (each instanceof RingListener listener) {
        String refused = "";
        while (!refused.contains("refused")) { // The system closes the port a little later.
          refused = failure(() -> connect(listener.address()));
        }
      }
    }
  }

  @Test
  void aFreePortOfTheRangeIsFound() throws Exception {
    try (ServerSocket taken = new ServerSocket(0, 1, Address.LOOPBACK.resolved().getAddress())) {
      int first = taken.getLocalPort();
      BindAddress range = new BindAddress("127.0.0.1", first, Math.min(65_535, first + 50));

      RingListener listener = RingListener.open(range, membership(0, 2, SECRET, HASTY));
      open.add(listener);

      assertThat(listener.address().port()).isGreaterThan(first);
      assertThat(
              failure(
                  () ->
                      RingListener.open(
                          new BindAddress("127.0.0.1", first, first),
                          membership(1, 2, SECRET, HASTY))))
          .contains("Rank 1 cannot listen at 127.0.0.1:" + first, "COUNTERPOINT_BIND");
    }
  }

  private static void connect(Address address) throws IOException {
    try (Socket socket = new Socket(address.host(), address.port());
        OutputStream out = socket.getOutputStream()) {
      out.write(1);
    }
  }

  /** Something that fails. */
  @FunctionalInterface
  private interface Failing {
    void run() throws Exception;
  }

  private static String failure(Failing failing) {
    try {
      failing.run();
      return "no failure";
    } catch (Exception e) {
      return String.valueOf(e.getMessage());
    }
  }

  private List<String> together(int worldSize, Duration deadline, Task task) throws Exception {
    List<Membership> members =
        IntStream.range(0, worldSize)
            .mapToObj(rank -> membership(rank, worldSize, SECRET, deadline))
            .toList();
    return together(members, members.stream().map(this::listener).toList(), task);
  }

  /** Runs a task on all ranks, and returns their results. */
  static List<String> together(List<Membership> members, List<RingListener> listeners, Task task) {
    List<CompletableFuture<String>> results = new ArrayList<>();
    for (Membership member : members) {
      Address next = listeners.get(member.next()).address();
      CompletableFuture<String> result = new CompletableFuture<>();
      results.add(result);
      new Thread(
              () -> {
                try (RingCollective ring =
                    RingCollective.join(
                        member, listeners.get(member.rank()), next, message -> {})) {
                  result.complete(task.run(ring));
                } catch (Throwable e) {
                  result.completeExceptionally(e);
                }
              })
          .start();
    }
    return results.stream().map(CompletableFuture::join).toList();
  }

  private static Membership membership(int rank, int worldSize, Secret secret, Duration deadline) {
    return new Membership(rank, worldSize, "first", secret, deadline);
  }

  private RingListener listener(Membership membership) {
    RingListener listener = RingListener.open(BindAddress.of(Map.of(), "127.0.0.1"), membership);
    open.add(listener);
    return listener;
  }

  private static String gathered(RingCollective ring, int length) {
    byte[] own = new byte[length];
    Arrays.fill(own, (byte) ('a' + ring.rank()));
    List<String> parts = new ArrayList<>();
    for (byte[] part : ring.allGather(own)) {
      parts.add(part.length + (part.length == 0 ? "" : "" + (char) part[part.length - 1]));
    }
    return parts.toString();
  }

  private static String part(int rank, int length) {
    return length + (length == 0 ? "" : "" + (char) ('a' + rank));
  }

  private static ByteBuffer direct(int size) {
    return ByteBuffer.allocateDirect(Float.BYTES * size).order(ByteOrder.nativeOrder());
  }

  private static List<ByteBuffer> buckets(int worldSize, int[] sizes, int rank) {
    return Arrays.stream(sizes).mapToObj(size -> numbers(worldSize, size, rank)).toList();
  }

  /**
   * Numbers of very different magnitudes, some of them -0.0: another order of additions has other
   * sums.
   */
  private static ByteBuffer numbers(int worldSize, int size, int rank) {
    SplittableRandom random = new SplittableRandom(worldSize * 1_000_003L * 31 + size * 31L + rank);
    ByteBuffer numbers = direct(size);
    for (int i = 0; i < size; i++) {
      float number =
          i % 17 == 16
              ? -0.0f
              : (float) Math.scalb(random.nextDouble() - 0.5, random.nextInt(-12, 12));
      numbers.putFloat(Float.BYTES * i, number);
    }
    return numbers;
  }

  private static String hashes(List<ByteBuffer> buckets) throws Exception {
    StringBuilder hashes = new StringBuilder();
    for (ByteBuffer bucket : buckets) {
      hashes.append(hash(bucket));
    }
    return hashes.toString();
  }

  private static String hash(ByteBuffer buffer) throws Exception {
    MessageDigest digest = MessageDigest.getInstance("SHA-256");
    digest.update(buffer.duplicate());
    return HexFormat.of().formatHex(digest.digest());
  }
}
