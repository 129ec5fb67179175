package dev.counterpoint.strategies.distributed;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.List;

/**
 * Ring all-reduce (Patarasuk and Yuan 2009, "Bandwidth optimal all-reduce algorithms for clusters
 * of workstations"): a reduce-scatter, then an all-gather. Each rank sends and receives 2 (W - 1) /
 * W of the bytes.
 *
 * <p>A bucket has W segments. Rank r sends the segments r, r - 1, ... (modulo W) in 2 (W - 1)
 * positions, and receives r - 1, r - 2, ...: it adds the first W - 1 of them to its own numbers,
 * and copies the others. The segment at a position is the one received at the position before, so
 * that a byte is sent as soon as it was received: nothing waits for the end of a round or of a
 * bucket.
 *
 * <p>The sum of segment s is a[s] + a[s + 1] + ... + a[s - 1], from left to right. If a bucket has
 * fewer numbers than ranks, all are in segment 0.
 */
final class RingAllReduce implements Exchange {
  /** The number of bytes that are added at once, which fit into the cache of a core. */
  static final int CHUNK = 1 << 16;

  private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

  private final List<ByteBuffer> buckets;
  private final int rank;
  private final int worldSize;
  private final Scratch scratch;
  private final Cursor out;
  private final Cursor in;

  /** Memory that all all-reduces of a ring share: a chunk of received bytes, and two arrays. */
  static final class Scratch {
    private final ByteBuffer received =
        ByteBuffer.allocateDirect(CHUNK).order(ByteOrder.nativeOrder());
    private final float[] own = new float[CHUNK / Float.BYTES];
    private final float[] other = new float[CHUNK / Float.BYTES];

    /** Adds the received numbers to the first ones of a buffer; returns the number of bytes. */
    private int addTo(ByteBuffer numbers) {
      received.flip();
      int count = received.remaining() / Float.BYTES;
      FloatBuffer target = numbers.asFloatBuffer();
      received.asFloatBuffer().get(other, 0, count);
      target.get(0, own, 0, count);
      for (int i = 0; i < count; i++) {
        own[i] += other[i];
      }
      target.put(0, own, 0, count);
      received.position(count * Float.BYTES).compact();
      return count * Float.BYTES;
    }
  }

  /** The position of one direction in its sequence of buckets, segments and bytes. */
  private final class Cursor {
    private final int firstSegment;
    private int bucket;
    private int position;
    private int offset;

    /** The number of bytes of the bucket that were passed. */
    private long passed;

    private ByteBuffer view = NOTHING;

    Cursor(int firstSegment) {
      this.firstSegment = firstSegment;
      enter();
    }

    boolean atEnd() {
      return bucket == buckets.size();
    }

    private void enter() {
      view = atEnd() ? NOTHING : buckets.get(bucket).slice().order(ByteOrder.nativeOrder());
      skip();
    }

    private int segment() {
      return Math.floorMod(firstSegment - position, worldSize);
    }

    /** The number of remaining bytes of the current segment. */
    int left() {
      return atEnd() ? 0 : length(view.capacity(), segment()) - offset;
    }

    void pass(int count) {
      offset += count;
      passed += count;
      skip();
    }

    /** Passes the end of segments. */
    private void skip() {
      while (!atEnd() && left() == 0) {
        offset = 0;
        position++;
        if (position == 2 * (worldSize - 1)) {
          position = 0;
          passed = 0;
          bucket++;
          enter();
        }
      }
    }

    /** The next bytes. */
    ByteBuffer bytes(int count) {
      int begin = atEnd() ? 0 : start(view.capacity(), segment()) + offset;
      return view.limit(begin + count).position(begin);
    }
  }

  /**
   * An all-reduce that has not begun.
   *
   * @param buckets float32 in native order; must not be empty
   */
  RingAllReduce(List<ByteBuffer> buckets, Membership membership, Scratch scratch) {
    this.buckets = buckets.stream().filter(ByteBuffer::hasRemaining).toList();
    this.rank = membership.rank();
    this.worldSize = membership.worldSize();
    this.scratch = scratch;
    out = new Cursor(rank);
    in = new Cursor(rank - 1);
  }

  /** The first byte of a segment. */
  private int start(int bytes, int segment) {
    int each = bytes / Float.BYTES / worldSize * Float.BYTES;
    return each == 0 && segment > 0 ? bytes : segment * each;
  }

  /** The length of a segment in bytes; the last segment includes the remainder. */
  private int length(int bytes, int segment) {
    int end = segment == worldSize - 1 ? bytes : start(bytes, segment + 1);
    return end - start(bytes, segment);
  }

  /** The bytes of the first segment of a bucket, then the bytes that were received. */
  @Override
  public ByteBuffer outgoing() {
    int left = out.left();
    if (left > 0 && in.bucket <= out.bucket) {
      long received = in.bucket == out.bucket ? in.passed : 0;
      long allowed = length(out.view.capacity(), rank) + received - out.passed;
      left = (int) Math.min(left, allowed);
    }
    return out.bytes(left);
  }

  @Override
  public void sent(int count) {
    out.pass(count);
  }

  private boolean adds() {
    return in.position < worldSize - 1;
  }

  @Override
  public ByteBuffer incoming() {
    return in.left() > 0 && adds()
        ? scratch.received.limit(Math.min(CHUNK, in.left()))
        : in.bytes(in.left());
  }

  @Override
  public void received(int count) {
    in.pass(adds() ? scratch.addTo(in.bytes(in.left())) : count);
  }

  @Override
  public boolean isDone() {
    return out.atEnd() && in.atEnd();
  }
}
