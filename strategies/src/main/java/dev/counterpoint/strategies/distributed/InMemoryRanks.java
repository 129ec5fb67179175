package dev.counterpoint.strategies.distributed;

import dev.counterpoint.core.distributed.Collective;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;

/**
 * Several ranks in one JVM, for tests and for debugging a strategy. One rank computes at a time,
 * until its next collective call, so that the ranks use the shared random generator of the engine
 * one after the other, and every run is the same.
 *
 * <pre>{@code
 * List<String> hashes = new InMemoryRanks(3).run(collective -> train(collective));
 * }</pre>
 */
public final class InMemoryRanks {
  private static final int NEVER = -1;

  private final int worldSize;
  private final @Nullable Long disorder;
  private final int mortal;
  private final int lastCall;

  /** Ranks that run in their order, without failures. */
  public InMemoryRanks(int worldSize) {
    this(worldSize, null, NEVER, NEVER);
  }

  private InMemoryRanks(int worldSize, @Nullable Long disorder, int mortal, int lastCall) {
    if (worldSize < 1) {
      throw new IllegalArgumentException(
          "The number of ranks must be positive, not " + worldSize + ".");
    }
    this.worldSize = worldSize;
    this.disorder = disorder;
    this.mortal = mortal;
    this.lastCall = lastCall;
  }

  /** The same ranks with random delays: the seed determines the order at each call. */
  public InMemoryRanks delayed(long seed) {
    return new InMemoryRanks(worldSize, seed, mortal, lastCall);
  }

  /** The same ranks, of which one fails at one of the first calls; the seed selects both. */
  public InMemoryRanks withDeath(long seed, int calls) {
    SplittableRandom random = new SplittableRandom(seed);
    return new InMemoryRanks(worldSize, disorder, random.nextInt(worldSize), random.nextInt(calls));
  }

  /** The work of a rank. */
  @FunctionalInterface
  public interface Work<T> {
    T of(Collective collective) throws Exception;
  }

  /** Thrown by every call after a rank has failed. */
  public static final class RankLost extends RuntimeException {
    private static final long serialVersionUID = 1L;

    RankLost(String message) {
      super(message);
    }
  }

  /**
   * Runs the work of all ranks and waits for it.
   *
   * @return the results, by rank
   * @throws RankLost if a rank failed as requested by {@link #withDeath}
   * @throws CompletionException with the exception of the first rank that threw one
   */
  public <T> List<T> run(Work<T> work) {
    Table table = new Table();
    List<@Nullable T> results = new ArrayList<>(Collections.nCopies(worldSize, null));
    List<Thread> threads = new ArrayList<>();
    for (int rank = 0; rank < worldSize; rank++) {
      int own = rank;
      threads.add(new Thread(() -> results.set(own, table.attend(own, work)), "rank " + rank));
    }
    threads.forEach(Thread::start);
    boolean interrupted = false;
    for (Thread thread : threads) {
      while (thread.isAlive()) {
        try {
          thread.join();
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
    table.throwFailure();
    return results;
  }

  private enum Kind {
    ALL_REDUCE,
    BROADCAST,
    ALL_GATHER
  }

  /** The part of a rank in a call. The result is written into the buffer, or into the answer. */
  @SuppressWarnings("ArrayRecordComponent") // Never compared.
  private record Part(Kind kind, ByteBuffer buffer, byte[] own) {
    String describe() {
      return kind == Kind.ALL_GATHER ? "all-gather" : kind + " of " + buffer.remaining() + " bytes";
    }
  }

  /** The state that the ranks share. */
  private final class Table {
    private final @Nullable Part[] parts = new Part[worldSize];
    private final boolean[] gone = new boolean[worldSize];
    private final SplittableRandom random = new SplittableRandom(disorder == null ? 0 : disorder);
    private List<byte[]> answer = List.of();
    private long calls;
    private int holder;
    private @Nullable Throwable failure;

    @Nullable <T> T attend(int rank, Work<T> work) {
      try {
        awaitBaton(rank);
        return work.of(new Member(rank, this, worldSize));
      } catch (Throwable e) {
        fail(e);
        return null;
      } finally {
        leave(rank);
      }
    }

    private synchronized void fail(Throwable e) {
      if (failure == null) {
        failure = e;
      }
    }

    void throwFailure() {
      if (failure instanceof RankLost lost) {
        throw lost;
      } else if (failure != null) {
        throw new CompletionException(failure);
      }
    }

    private synchronized void awaitBaton(int rank) {
      while (holder != rank) {
        try {
          wait();
        } catch (InterruptedException e) {
          throw new RankLost("interrupted");
        }
      }
    }

    private synchronized void leave(int rank) {
      gone[rank] = true;
      passOn();
    }

    synchronized List<byte[]> call(int rank, Part part) {
      if (rank == mortal && calls == lastCall) {
        throw new RankLost("rank " + rank + " died at call " + calls);
      }
      long call = calls;
      parts[rank] = part;
      if (Arrays.stream(parts).allMatch(it -> it != null)) {
        complete();
      }
      passOn();
      while (calls == call || holder != rank) {
        try {
          if (holder == rank) {
            throw new RankLost("rank " + rank + " waits for ranks that have ended");
          }
          wait();
        } catch (InterruptedException e) {
          throw new RankLost("interrupted");
        }
      }
      return answer;
    }

    /** Selects the next rank: one that has not called yet, or any rank if all have. */
    private void passOn() {
      List<Integer> next = new ArrayList<>();
      for (int rank = 0; rank < worldSize; rank++) {
        if (!gone[rank] && parts[rank] == null) {
          next.add(rank);
        }
      }
      if (next.isEmpty()) {
        for (int rank = 0; rank < worldSize; rank++) {
          if (!gone[rank]) {
            next.add(rank);
          }
        }
      }
      if (!next.isEmpty()) {
        holder = next.get(disorder == null ? 0 : random.nextInt(next.size()));
      }
      notifyAll();
    }

    private void complete() {
      Part first = parts[0];
      for (int rank = 1; rank < worldSize; rank++) {
        if (!parts[rank].describe().equals(first.describe())) {
          throw new IllegalStateException(
              "rank 0 calls " + first.describe() + ", rank " + rank + " " + parts[rank].describe());
        }
      }
      switch (first.kind()) {
        case ALL_REDUCE -> allReduce();
        case BROADCAST -> broadcast(first.buffer());
        case ALL_GATHER -> answer = Arrays.stream(parts).map(Part::own).toList();
      }
      Arrays.fill(parts, null);
      calls++;
    }

    private void allReduce() {
      ByteBuffer total = parts[0].buffer();
      for (int i = total.position(); i < total.limit(); i += Float.BYTES) {
        float sum = total.getFloat(i);
        for (int rank = 1; rank < worldSize; rank++) {
          sum += parts[rank].buffer().getFloat(i);
        }
        total.putFloat(i, sum);
      }
      broadcast(total);
    }

    private void broadcast(ByteBuffer bytes) {
      for (int rank = 1; rank < worldSize; rank++) {
        parts[rank].buffer().duplicate().put(bytes.duplicate());
      }
    }
  }

  private record Member(int rank, Table table, int worldSize) implements Collective {
    private static final ByteBuffer NONE = ByteBuffer.allocate(0);

    @Override
    public void allReduce(ByteBuffer numbers) {
      table.call(
          rank, new Part(Kind.ALL_REDUCE, numbers.slice().order(ByteOrder.nativeOrder()), EMPTY));
    }

    private static final byte[] EMPTY = {};

    @Override
    public void broadcast(ByteBuffer bytes) {
      table.call(rank, new Part(Kind.BROADCAST, bytes.slice(), EMPTY));
    }

    @Override
    public List<byte[]> allGather(byte[] own) {
      return table.call(rank, new Part(Kind.ALL_GATHER, NONE, own));
    }
  }
}
