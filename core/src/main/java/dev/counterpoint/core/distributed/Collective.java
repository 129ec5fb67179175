package dev.counterpoint.core.distributed;

import dev.counterpoint.core.parameter.Gradients;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;

/**
 * Collective communication between the processes of a run. Every process makes the same calls in
 * the same order, from one thread. With a single process every operation is the identity.
 *
 * <p>An implementation provides the rank, the world size, all-reduce, broadcast and all-gather, as
 * in MPI and NCCL; all other operations are derived from these.
 */
public interface Collective extends AutoCloseable {
  /** The rank of this process, from 0. Only rank 0 writes files. */
  int rank();

  /** The number of processes. */
  int worldSize();

  /**
   * Sums a buffer over the processes, elementwise and in place. The result is bitwise identical in
   * all processes.
   *
   * @param numbers a direct buffer of float32 in native order, of the same length in every process
   */
  void allReduce(ByteBuffer numbers);

  /** Sums several buffers over the processes, one after the other. */
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
   * @param own the bytes of this process; their number may differ between processes. The training
   *     loop passes a few bytes, a validation the states of its metrics. Large ones are those of
   *     question answering, 40 bytes for each window of all splits, about 6 MB from each process
   *     with SQuAD 2.0, and those of metrics that need all scores, 8 bytes for each
   * @return one array for each rank
   */
  List<byte[]> allGather(byte[] own);

  /**
   * The bucket size for large arrays, in bytes: the size of the buffers that are passed to {@link
   * #allReduce(ByteBuffer)} and {@link #broadcast}. With 1 MiB the ring is fastest between two
   * processes. The latency of a ring grows with the number of processes, so that more processes use
   * larger buckets.
   */
  default int bucketBytes() {
    return bucketBytes(worldSize());
  }

  /** The default bucket size for a number of processes, in bytes. */
  static int bucketBytes(int worldSize) {
    return (1 << 20) * Math.max(1, Math.min(256, worldSize / 2));
  }

  /** Sums each gradient over the processes, in place. */
  default void allReduce(Gradients gradients) {
    if (worldSize() > 1) {
      gradients.allReduce(bucketBytes(), this::allReduce);
    }
  }

  /** Sums values over the processes, elementwise and in the order of the ranks. */
  default double[] allReduce(double... values) {
    if (worldSize() == 1) {
      return values;
    }
    double[] all = allGather(values);
    double[] sums = new double[values.length];
    for (int i = 0; i < all.length; i++) {
      sums[i % sums.length] += all[i];
    }
    return sums;
  }

  /** Concatenates the values of all processes, in the order of the ranks. */
  default double[] allGather(double... own) {
    if (worldSize() == 1) {
      return own;
    }
    ByteBuffer bytes = ByteBuffer.allocate(own.length * Double.BYTES).order(ByteOrder.BIG_ENDIAN);
    bytes.asDoubleBuffer().put(own);
    List<byte[]> gathered = allGather(bytes.array());
    double[] all = new double[gathered.stream().mapToInt(it -> it.length).sum() / Double.BYTES];
    int filled = 0;
    for (byte[] of : gathered) {
      int length = of.length / Double.BYTES;
      ByteBuffer.wrap(of).asDoubleBuffer().get(all, filled, length);
      filled += length;
    }
    return all;
  }

  /** The time in exchanges so far, in seconds, including the wait for slower processes. */
  default double exchangeSeconds() {
    return 0;
  }

  /** Waits until every process has called this method. */
  default void barrier() {
    allGather(new byte[0]);
  }

  @Override
  default void close() {}

  /** The collective of a single process. */
  static Collective singleProcess() {
    return new SingleProcess();
  }

  /** The collective of a single process: every operation is the identity. */
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
