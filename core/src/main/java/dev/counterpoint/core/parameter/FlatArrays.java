package dev.counterpoint.core.parameter;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.counterpoint.core.kernel.Kernel;
import dev.counterpoint.core.kernel.NativeList;
import dev.counterpoint.core.kernel.Torch;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * Room on the CPU for float32 arrays of some shapes, one behind the other: what processes give to
 * each other. Arrays are copied in and out, so that they may be on a GPU, and of any layout.
 *
 * <p>The copy is one pass over what a collective passes over several times. What would spare it, a
 * backward pass that adds into this very memory, must clear it first and read it again to add.
 */
public final class FlatArrays implements AutoCloseable {
  /** Elements: a cache line. */
  private static final long ALIGNMENT = 16;

  private final NDManager memory = Torch.newManager(Device.cpu());
  private final NDArray flat;
  private final NativeList slots;
  private final List<ByteBuffer> buckets = new ArrayList<>();

  /** Room for arrays of these shapes; it is all 0 at first. */
  public FlatArrays(List<Shape> shapes) {
    long elements = shapes.stream().mapToLong(FlatArrays::room).sum();
    flat = keep(memory.zeros(new Shape(elements)));
    List<NDArray> parts = new ArrayList<>();
    long start = 0;
    for (Shape shape : shapes) {
      NDArray part = keep(flat.get(range(start, start + shape.size()))); // (size)
      parts.add(keep(part.reshape(shape)));
      start += room(shape);
    }
    slots = NativeList.of(parts);
  }

  private static long room(Shape shape) {
    return (shape.size() + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
  }

  private static NDIndex range(long from, long to) {
    return new NDIndex("{}:{}", from, to);
  }

  private NDArray keep(NDArray array) {
    NDScope.unregister(array);
    array.attach(memory);
    return array;
  }

  /** All of it: (elements), with a little room between the arrays. */
  public NDArray flat() {
    return flat;
  }

  /** The arrays in it, in the order of the shapes. */
  public NativeList slots() {
    return slots;
  }

  /**
   * Its memory, bucket by bucket, for a collective: direct, float32, in native order. The order in
   * which an element is summed hangs on its place in a bucket, so these are the same each time.
   *
   * @param bytes of a bucket, the same at each call
   */
  public List<ByteBuffer> buckets(int bytes) {
    long elements = flat.size();
    long bucket = bytes / Float.BYTES;
    for (long from = buckets.size() * bucket; from < elements; from += bucket) {
      NDArray part = keep(flat.get(range(from, Math.min(from + bucket, elements))));
      buckets.add(part.toByteBuffer(true)); // the memory itself, not a copy of it
    }
    return buckets;
  }

  /** Makes every element -0.0, which changes no number that it is added to. */
  public void empty() {
    Kernel.load("gradients").run("empty", flat);
  }

  /** Copies arrays in, one for each slot. */
  public void take(List<NDArray> arrays) {
    copy(slots, requireFloats(arrays));
  }

  /** Copies all slots out. */
  public void give(List<NDArray> arrays) {
    copy(requireFloats(arrays), slots);
  }

  private static List<NDArray> requireFloats(List<NDArray> arrays) {
    for (NDArray array : arrays) {
      if (array.getDataType() != DataType.FLOAT32) {
        throw new IllegalArgumentException("Only FLOAT32 is exchanged, not " + array + ".");
      }
    }
    return arrays;
  }

  /** Copies arrays into others of the same shapes, on whatever devices. */
  static void copy(List<NDArray> arrays, List<NDArray> values) {
    if (!arrays.isEmpty()) {
      Kernel.load("gradients").run("copy", arrays, values);
    }
  }

  @Override
  public void close() {
    slots.close();
    memory.close();
  }
}
