package dev.counterpoint.core.training;

import dev.counterpoint.core.parameter.Gradients;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;

/**
 * How the processes of a run speak to each other. Every process makes the same calls in the same
 * order, from one thread. The one that is alone hears itself, and that is what any other must be
 * equal to.
 *
 * <p>What a new one must bring are rank and world, and an all-reduce, a broadcast and an
 * all-gather: MPI and NCCL have the three. The rest is made of them.
 */
public interface Collective extends AutoCloseable {
  /** This process, from 0. Only 0 writes files. */
  int rank();

  /** Processes. */
  int world();

  /**
   * Adds up numbers over the processes, element by element and in place; all get the same bits.
   *
   * @param numbers direct, of float32 in native order, as long in every process
   */
  void sum(ByteBuffer numbers);

  /** Adds up the numbers of several buffers, one after the other. */
  default void sum(List<ByteBuffer> buckets) {
    buckets.forEach(this::sum);
  }

  /**
   * Gives the bytes of process 0 to all, in place.
   *
   * @param bytes direct, as long in every process
   */
  void broadcast(ByteBuffer bytes);

  /**
   * What each process has to say, in the order of their ranks.
   *
   * @param own not as many bytes in every process; mostly a few, at most the sums of a metric.
   *     Those of answers to questions are the largest, 40 bytes for each window of all splits:
   *     about 6 MB from each process with SQuAD 2.0
   */
  List<byte[]> gather(byte[] own);

  /**
   * How many bytes of large arrays are given to {@link #sum(ByteBuffer)} and {@link #broadcast} at
   * once. With 1 MiB the native ring is fastest between two processes; a ring's latency grows with
   * the processes, so that more of them take more at once.
   */
  default int bucketBytes() {
    return (1 << 20) * Math.max(1, Math.min(256, world() / 2));
  }

  /** Adds up each gradient over the processes, in place. */
  default void sum(Gradients gradients) {
    if (world() > 1) {
      gradients.allReduce(bucketBytes(), this::sum);
    }
  }

  /** Adds up numbers over the processes, in the order of their ranks. */
  default double[] sum(double... values) {
    if (world() == 1) {
      return values;
    }
    ByteBuffer own = ByteBuffer.allocate(values.length * Double.BYTES).order(ByteOrder.BIG_ENDIAN);
    own.asDoubleBuffer().put(values);
    double[] sums = new double[values.length];
    for (byte[] of : gather(own.array())) {
      ByteBuffer numbers = ByteBuffer.wrap(of);
      for (int i = 0; i < sums.length; i++) {
        sums[i] += numbers.getDouble();
      }
    }
    return sums;
  }

  /** Waits until every process is here. */
  default void barrier() {
    gather(new byte[0]);
  }

  @Override
  default void close() {}

  /** A process that is alone. */
  static Collective alone() {
    return new Alone();
  }

  /** The identity. */
  record Alone() implements Collective {
    @Override
    public int rank() {
      return 0;
    }

    @Override
    public int world() {
      return 1;
    }

    @Override
    public void sum(ByteBuffer numbers) {}

    @Override
    public void broadcast(ByteBuffer bytes) {}

    @Override
    public List<byte[]> gather(byte[] own) {
      return List.of(own);
    }
  }
}
