package dev.counterpoint.strategies.distributed;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.jna.Native;
import com.sun.jna.Pointer;
import dev.counterpoint.core.distributed.Collective;
import dev.counterpoint.core.settings.Formats;
import dev.counterpoint.strategies.network.Daemon;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.IntSupplier;
import java.util.regex.Pattern;

/**
 * Ring collective over TCP: the native one of XGBoost ("Rabit"). An all-reduce is a reduce-scatter
 * and an all-gather, so that each process sends and receives at most twice the bytes that are
 * summed, whatever the world size (measured: 1.5 times between two processes); an all-gather sends
 * each part once to every other process. A process cannot recover from an error of the ring: it
 * prints one line on standard error and exits with code {@link #LOST}, and the launcher restarts
 * all ranks from a checkpoint.
 *
 * <p>One thread, which owns the communicator, makes all native calls. The caller waits for it one
 * second longer than the ring waits for another process, since a native call may hang if two
 * neighbours die at the same time.
 *
 * <p>The ring has neither authentication nor encryption.
 */
public final class RingCollective implements Collective {
  /** The exit code of a process that has lost the connection to the other ranks. */
  public static final int LOST = 75;

  private static final Pattern TIMEOUT = Pattern.compile("(?i)time(d )?out");
  private static final Pattern CLOSED =
      Pattern.compile(
          "(?i)poll error condition|connection reset|broken pipe|closed|ring \\w+ failed");
  private static final Duration GRACE = Duration.ofSeconds(1);

  private final Membership membership;
  private final ExecutorService thread =
      Executors.newSingleThreadExecutor(task -> Daemon.thread(task, "ring"));
  private ByteBuffer parts = ByteBuffer.allocateDirect(0);

  private long exchangeNanos;

  /** {@link System#nanoTime} of the last progress of the ring. */
  private volatile long progress;

  private RingCollective(Membership membership) {
    this.membership = membership;
  }

  /** Joins the ring and waits for the other ranks. On failure the process exits. */
  public static RingCollective join(Membership membership) {
    RingLibrary.load();
    RingCollective ring = new RingCollective(membership);
    String config = config(membership);
    String act = "joining the ring at " + membership.trackerHost() + ":" + membership.trackerPort();
    ring.call(act, () -> NativeRing.XGCommunicatorInit(config));
    ring.call(act, ring::checkPlace);
    return ring;
  }

  private static String config(Membership membership) {
    ObjectNode config = new JsonMapper().createObjectNode();
    config.put("dmlc_communicator", "rabit");
    config.put("dmlc_tracker_uri", membership.trackerHost());
    config.put("dmlc_tracker_port", membership.trackerPort());
    // The tracker sorts task ids as text.
    config.put("dmlc_task_id", Formats.of("%08d", membership.rank()));
    config.put("dmlc_timeout", membership.deadline().toSeconds());
    return config.toString();
  }

  private int checkPlace() {
    int rank = NativeRing.XGCommunicatorGetRank();
    int worldSize = NativeRing.XGCommunicatorGetWorldSize();
    if (rank != membership.rank() || worldSize != membership.worldSize()) {
      throw new IllegalStateException("the ring assigned rank " + rank + " of " + worldSize);
    }
    return 0;
  }

  @Override
  public int rank() {
    return membership.rank();
  }

  @Override
  public int worldSize() {
    return membership.worldSize();
  }

  @Override
  public void allReduce(ByteBuffer numbers) {
    allReduce(List.of(numbers));
  }

  @Override
  public void allReduce(List<ByteBuffer> buckets) {
    List<Pointer> starts = buckets.stream().map(RingCollective::start).toList();
    long bytes = buckets.stream().mapToLong(ByteBuffer::remaining).sum();
    call(
        "all-reducing " + bytes + " bytes",
        () -> {
          int failure = 0;
          for (int i = 0; i < starts.size() && failure == 0; i++) {
            failure = allReduce(starts.get(i), buckets.get(i).remaining() / Float.BYTES);
            progress = System.nanoTime();
          }
          return failure;
        });
  }

  private static int allReduce(Pointer start, int count) {
    return NativeRing.XGCommunicatorAllreduce(start, count, NativeRing.FLOAT32, NativeRing.SUM);
  }

  @Override
  public void broadcast(ByteBuffer bytes) {
    Pointer start = start(bytes);
    long count = bytes.remaining();
    call(
        "broadcasting " + count + " bytes",
        () -> NativeRing.XGCommunicatorBroadcast(start, count, 0));
  }

  private static Pointer start(ByteBuffer buffer) {
    if (!buffer.isDirect() || buffer.order() != ByteOrder.nativeOrder()) {
      throw new IllegalArgumentException("The buffer must be direct, and in native order.");
    }
    return Native.getDirectBufferPointer(buffer).share(buffer.position());
  }

  /**
   * {@inheritDoc}
   *
   * <p>One exchange if no process has more than {@link Parcels#SMALL} bytes, otherwise two.
   */
  @Override
  public List<byte[]> allGather(byte[] own) {
    Parcels small = exchange(Parcels.SMALL, own);
    int longest = small.longest();
    if (longest <= Parcels.SMALL) {
      return small.contents();
    }
    if (worldSize() != 2) {
      return exchange(longest, own).contents();
    }
    int first = small.length(0);
    int second = small.length(1); // read before the buffer is used again
    return List.of(broadcast(0, own, first), broadcast(1, own, second));
  }

  /** Sends the bytes once, which the native all-gather of two processes sends twice. */
  private byte[] broadcast(int root, byte[] own, int length) {
    byte[] bytes = root == rank() ? own : new byte[length];
    if (length == 0) {
      return bytes;
    }
    ByteBuffer buffer = buffer(length).put(0, bytes);
    Pointer start = start(buffer);
    call(
        "all-gathering " + own.length + " bytes",
        () -> NativeRing.XGCommunicatorBroadcast(start, length, root));
    buffer.get(0, bytes);
    return bytes;
  }

  private Parcels exchange(int room, byte[] own) {
    Parcels parcels = new Parcels(buffer(Parcels.bytes(worldSize(), room)), worldSize(), room);
    parcels.put(rank(), own);
    Pointer start = start(parcels.buffer());
    call(
        "all-gathering " + own.length + " bytes",
        () -> NativeRing.XGCommunicatorAllgather(start, parcels.buffer().capacity()));
    return parcels;
  }

  private ByteBuffer buffer(int bytes) {
    if (parts.capacity() < bytes) {
      parts = ByteBuffer.allocateDirect(bytes);
    }
    return parts.clear().limit(bytes).slice().order(ByteOrder.nativeOrder());
  }

  /** Makes native calls, and waits for them as long as the ring makes progress. */
  void call(String act, IntSupplier calls) {
    long begin = System.nanoTime();
    progress = begin;
    Future<String> future =
        thread.submit(() -> calls.getAsInt() == 0 ? "" : NativeRing.lastError());
    try {
      String error = await(future);
      if (!error.isEmpty()) {
        end(act, error);
      }
    } catch (TimeoutException e) {
      end(act, "no answer for " + patience().toSeconds() + " s");
    } catch (ExecutionException e) {
      end(act, String.valueOf(e.getCause()));
    } catch (InterruptedException e) {
      end(act, "interrupted");
    }
    exchangeNanos += System.nanoTime() - begin;
  }

  @Override
  public double exchangeSeconds() {
    return exchangeNanos * 1e-9;
  }

  private String await(Future<String> future)
      throws ExecutionException, InterruptedException, TimeoutException {
    while (true) {
      long left = progress + patience().toNanos() - System.nanoTime();
      if (left <= 0) {
        throw new TimeoutException();
      }
      try {
        return future.get(left, TimeUnit.NANOSECONDS);
      } catch (TimeoutException e) {
        // The ring may have made progress meanwhile.
      }
    }
  }

  private Duration patience() {
    return membership.deadline().plus(GRACE);
  }

  /** Halts without shutdown hooks, which could wait for the other ranks. */
  private void end(String act, String error) {
    System.err.println(
        "rank %s of %s lost the connection to %s while %s: %s. It ends with code %s."
            .formatted(rank(), worldSize(), neighbors(), act, cause(error), LOST));
    System.err.flush();
    Runtime.getRuntime().halt(LOST);
  }

  /** The ranks that this one exchanges data with, as {@code rank 1 or 3}. */
  private String neighbors() {
    int before = Math.floorMod(rank() - 1, worldSize());
    int after = (rank() + 1) % worldSize();
    return "rank " + (before == after ? before : before + " or " + after);
  }

  /**
   * The likely cause of an error of the native ring, whose messages list its functions. One that is
   * unknown is returned as it is.
   */
  static String cause(String error) {
    if (TIMEOUT.matcher(error).find()) {
      return "that process did not send data in time; it may be suspended or overloaded, or the"
          + " network between the machines is interrupted";
    }
    return CLOSED.matcher(error).find()
        ? "that process has ended or was killed (its own output has the cause), or the network"
            + " between the machines is interrupted"
        : error;
  }

  /** Leaves the ring. An unreachable tracker is not an error here, since all exchanges are done. */
  @Override
  public void close() {
    if (thread.isShutdown()) {
      return;
    }
    var unused = thread.submit(NativeRing::XGCommunicatorFinalize);
    thread.shutdown();
    try {
      thread.awaitTermination(patience().toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /**
   * The bytes of all processes in one buffer, each part with its length before it.
   *
   * @param room bytes for the content of one part; a longer part has its length only
   */
  private record Parcels(ByteBuffer buffer, int worldSize, int room) {
    static final int SMALL = 252;

    static int bytes(int worldSize, int room) {
      return Math.multiplyExact(worldSize, Integer.BYTES + room);
    }

    int bytesOfOne() {
      return Integer.BYTES + room;
    }

    void put(int rank, byte[] own) {
      buffer.putInt(rank * bytesOfOne(), own.length);
      buffer.put(rank * bytesOfOne() + Integer.BYTES, own, 0, Math.min(own.length, room));
    }

    int length(int rank) {
      return buffer.getInt(rank * bytesOfOne());
    }

    int longest() {
      int longest = 0;
      for (int rank = 0; rank < worldSize; rank++) {
        longest = Math.max(longest, length(rank));
      }
      return longest;
    }

    List<byte[]> contents() {
      byte[][] contents = new byte[worldSize][];
      for (int rank = 0; rank < worldSize; rank++) {
        contents[rank] = new byte[length(rank)];
        buffer.get(rank * bytesOfOne() + Integer.BYTES, contents[rank]);
      }
      return Arrays.asList(contents);
    }
  }
}
