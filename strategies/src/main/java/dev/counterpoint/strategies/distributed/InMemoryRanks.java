package dev.counterpoint.strategies.distributed;

import dev.counterpoint.core.training.Collective;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;

/**
 * Several ranks in one JVM, for tests, and for whoever wants to see what a strategy does. They pass
 * a baton: one computes at a time, until its next collective call, so that the engine's one
 * generator and whatever else is shared is used by one after the other, and every run is the same.
 *
 * <pre>{@code
 * List<String> hashes = new InMemoryRanks(3).run(collective -> train(collective));
 * }</pre>
 */
public final class InMemoryRanks {
  private static final int NEVER = -1;

  private final int world;
  private final @Nullable Long disorder;
  private final int mortal;
  private final int lastCall;

  /** Ranks that are served in their order, and live. */
  public InMemoryRanks(int world) {
    this(world, null, NEVER, NEVER);
  }

  private InMemoryRanks(int world, @Nullable Long disorder, int mortal, int lastCall) {
    if (world < 1) {
      throw new IllegalArgumentException("There must be a rank, not " + world + ".");
    }
    this.world = world;
    this.disorder = disorder;
    this.mortal = mortal;
    this.lastCall = lastCall;
  }

  /** The same ranks, some slower than others: who comes first at each call hangs on the seed. */
  public InMemoryRanks delayed(long seed) {
    return new InMemoryRanks(world, seed, mortal, lastCall);
  }

  /** The same ranks, of which one is gone at one of so many first calls; both hang on the seed. */
  public InMemoryRanks withDeath(long seed, int calls) {
    SplittableRandom random = new SplittableRandom(seed);
    return new InMemoryRanks(world, disorder, random.nextInt(world), random.nextInt(calls));
  }

  /** What a rank does. */
  @FunctionalInterface
  public interface Work<T> {
    T of(Collective collective) throws Exception;
  }

  /** Thrown by every call when a rank is gone. */
  public static final class RankLost extends RuntimeException {
    private static final long serialVersionUID = 1L;

    RankLost(String message) {
      super(message);
    }
  }

  /**
   * Has all ranks work, and waits for them.
   *
   * @return what each came to, by rank
   * @throws RankLost where one died as it was asked to
   * @throws CompletionException with what the first rank that failed has thrown
   */
  public <T> List<T> run(Work<T> work) {
    Table table = new Table();
    List<@Nullable T> results = new ArrayList<>(Arrays.asList(newArray()));
    List<Thread> threads = new ArrayList<>();
    for (int rank = 0; rank < world; rank++) {
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

  @SuppressWarnings("unchecked")
  private <T> T[] newArray() {
    return (T[]) new Object[world];
  }

  private enum Kind {
    SUM,
    BROADCAST,
    GATHER
  }

  /** A rank's part in a call; what it gets is written into the buffer, or left in the answer. */
  @SuppressWarnings("ArrayRecordComponent") // Never compared.
  private record Part(Kind kind, ByteBuffer buffer, byte[] own) {
    String describe() {
      return kind == Kind.GATHER ? "gather" : kind + " of " + buffer.remaining() + " bytes";
    }
  }

  /** Where the ranks meet. */
  private final class Table {
    private final @Nullable Part[] parts = new Part[world];
    private final boolean[] gone = new boolean[world];
    private final SplittableRandom random = new SplittableRandom(disorder == null ? 0 : disorder);
    private List<byte[]> answer = List.of();
    private long calls;
    private int holder;
    private @Nullable Throwable failure;

    @Nullable <T> T attend(int rank, Work<T> work) {
      try {
        awaitBaton(rank);
        return work.of(new Member(rank, this, world));
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
            throw new RankLost("rank " + rank + " waits for ranks that are gone");
          }
          wait();
        } catch (InterruptedException e) {
          throw new RankLost("interrupted");
        }
      }
      return answer;
    }

    /** To somebody who can go on: has not called yet, or, when all who could have, to anybody. */
    private void passOn() {
      List<Integer> next = new ArrayList<>();
      for (int rank = 0; rank < world; rank++) {
        if (!gone[rank] && parts[rank] == null) {
          next.add(rank);
        }
      }
      if (next.isEmpty()) {
        for (int rank = 0; rank < world; rank++) {
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
      for (int rank = 1; rank < world; rank++) {
        if (!parts[rank].describe().equals(first.describe())) {
          throw new IllegalStateException(
              "rank 0 calls " + first.describe() + ", rank " + rank + " " + parts[rank].describe());
        }
      }
      switch (first.kind()) {
        case SUM -> sum();
        case BROADCAST -> broadcast(first.buffer());
        case GATHER -> answer = Arrays.stream(parts).map(Part::own).toList();
      }
      Arrays.fill(parts, null);
      calls++;
    }

    private void sum() {
      ByteBuffer total = parts[0].buffer();
      for (int i = total.position(); i < total.limit(); i += Float.BYTES) {
        float sum = total.getFloat(i);
        for (int rank = 1; rank < world; rank++) {
          sum += parts[rank].buffer().getFloat(i);
        }
        total.putFloat(i, sum);
      }
      broadcast(total);
    }

    private void broadcast(ByteBuffer bytes) {
      for (int rank = 1; rank < world; rank++) {
        parts[rank].buffer().duplicate().put(bytes.duplicate());
      }
    }
  }

  private record Member(int rank, Table table, int world) implements Collective {
    private static final ByteBuffer NONE = ByteBuffer.allocate(0);

    @Override
    public void sum(ByteBuffer numbers) {
      table.call(rank, new Part(Kind.SUM, numbers.slice().order(ByteOrder.nativeOrder()), EMPTY));
    }

    private static final byte[] EMPTY = {};

    @Override
    public void broadcast(ByteBuffer bytes) {
      table.call(rank, new Part(Kind.BROADCAST, bytes.slice(), EMPTY));
    }

    @Override
    public List<byte[]> gather(byte[] own) {
      return table.call(rank, new Part(Kind.GATHER, NONE, own));
    }
  }
}
