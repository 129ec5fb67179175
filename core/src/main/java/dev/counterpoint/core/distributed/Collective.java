package dev.counterpoint.core.distributed;

import dev.counterpoint.core.parameter.Gradients;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;

/**
 * Collective communication between the processes of a run. Every process makes the same calls in
 * the same order, from one thread. With a single process every operation is the identity.
 *
 * <p>An implementation has a rank, a world size, an all-reduce, a broadcast and an all-gather, as
 * MPI and NCCL do; all other operations are derived from these.
 */
public interface Collective extends AutoCloseable {
  /** The rank of this process, from 0. Only rank 0 writes files. */
  int rank();

  /** The number of processes. */
  int worldSize();

  /**
   * Sums numbers over the processes, element by element and in place; all processes get the same
   * bits.
   *
   * @param numbers a direct buffer of float32 in native order, of the same length in every process
   */
  void allReduce(ByteBuffer numbers);

  /** Sums the numbers of several buffers, one buffer after the other. */
  default void allReduce(List<ByteBuffer> buckets) {
    buckets.forEach(this::allReduce);
  }

  /**
   * Copies the bytes of rank 0 to all processes, in place.
   *
   * @param bytes a direct buffer of the same length in every process
   */
  void broadcast(ByteBuffer bytes);

  /**
   * Gathers the bytes of every process, in the order of the ranks.
   *
   * @param own the bytes of this process; their number may differ between processes. The loop
   *     passes a few bytes, a validation the sums of its metrics: those of question answering are
   *     the largest, 40 bytes for each window of all splits, about 6 MB from each process with
   *     SQuAD 2.0
   */
  List<byte[]> allGather(byte[] own);

  /**
   * Bytes of a large array that are passed to {@link #allReduce(ByteBuffer)} and {@link #broadcast}
   * at once. With 1 MiB the native ring is fastest between two processes; the latency of a ring
   * grows with the number of processes, so that more processes use larger buckets.
   */
  default int bucketBytes() {
    return (1 << 20) * Math.max(1, Math.min(256, worldSize() / 2));
  }

  /** Sums each gradient over the processes, in place. */
  default void allReduce(Gradients gradients) {
    if (worldSize() > 1) {
      gradients.allReduce(bucketBytes(), this::allReduce);
    }
  }

  /** Sums numbers over the processes, in the order of the ranks. */
  default double[] allReduce(double... values) {
    if (worldSize() == 1) {
      return values;
    }
    ByteBuffer own = ByteBuffer.allocate(values.length * Double.BYTES).order(ByteOrder.BIG_ENDIAN);
    own.asDoubleBuffer().put(values);
    double[] sums = new double[values.length];
    for (byte[] of : allGather(own.array())) {
      ByteBuffer numbers = ByteBuffer.wrap(of);
      for (int i = 0; i < sums.length; i++) {
        sums[i] += numbers.getDouble();
      }
    }
    return sums;
  }

  /** Waits until every process has called it. */
  default void barrier() {
    allGather(new byte[0]);
  }

  @Override
  default void close() {}

  /** The collective of a single process. */
  static Collective singleProcess() {
    return new SingleProcess();
  }

  /** The identity. */
  record SingleProcess() implements Collective {
    @Override
    public int rank() {
      return 0;
    }

    @Override
    public int worldSize() {
      return 1;
    }

    @Override
    public void allReduce(ByteBuffer numbers) {}

    @Override
    public void broadcast(ByteBuffer bytes) {}

    @Override
    public List<byte[]> allGather(byte[] own) {
      return List.of(own);
    }
  }
}
