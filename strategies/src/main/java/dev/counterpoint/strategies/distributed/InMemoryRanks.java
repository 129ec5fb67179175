package dev.counterpoint.strategies.distributed;

import dev.counterpoint.core.distributed.Collective;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.IntPredicate;
import java.util.function.IntUnaryOperator;
import java.util.stream.IntStream;
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
  private final int worldSize;
  private final IntUnaryOperator order;

  /** Ranks that run one after another, in ascending order. */
  public InMemoryRanks(int worldSize) {
    this(worldSize, candidates -> 0);
  }

  /**
   * Ranks that run in a given order.
   *
   * @param order returns which of the given number of ranks that can continue is the next
   */
  InMemoryRanks(int worldSize, IntUnaryOperator order) {
    this.worldSize = worldSize;
    this.order = order;
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
   * @throws RankLost if a rank threw it
   * @throws CompletionException with the exception of the first rank that threw one
   */
  public <T> List<T> run(Work<T> work) {
    Table table = new Table();
    List<CompletableFuture<@Nullable T>> ranks =
        IntStream.range(0, worldSize)
            .mapToObj(
                rank ->
                    CompletableFuture.supplyAsync(
                        () -> table.attend(rank, work),
                        task -> new Thread(task, "rank " + rank).start()))
            .toList();
    List<@Nullable T> results = new ArrayList<>();
    ranks.forEach(rank -> results.add(rank.join()));
    table.throwFailure();
    return results;
  }

  private enum Kind {
    ALL_REDUCE,
    BROADCAST,
    ALL_GATHER
  }

  /**
   * The arguments of a rank in a call. The result is written into the buffer, or into the answer.
   */
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

    /** Selects the next rank: one without a pending call, or any rank if all have one. */
    private void passOn() {
      int[] next = ranks(rank -> !gone[rank] && parts[rank] == null);
      next = next.length == 0 ? ranks(rank -> !gone[rank]) : next;
      holder = next.length == 0 ? holder : next[order.applyAsInt(next.length)];
      notifyAll();
    }

    private int[] ranks(IntPredicate condition) {
      return IntStream.range(0, worldSize).filter(condition).toArray();
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
