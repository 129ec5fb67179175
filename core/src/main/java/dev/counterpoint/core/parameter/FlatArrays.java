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
 * Contiguous float32 CPU buffer that holds arrays of given shapes one after another, for
 * communication between processes. Arrays are copied in and out, so they may be on a GPU and have
 * any memory layout.
 *
 * <p>The copy is one pass over memory that a collective passes over several times. Avoiding it,
 * with a backward pass that accumulates into this memory, would require clearing the memory first
 * and reading it again to add.
 */
public final class FlatArrays implements AutoCloseable {
  /** The alignment of each array in the buffer, in elements: one cache line. */
  private static final long ALIGNMENT = 16;

  private final NDManager memory = Torch.newManager(Device.cpu());
  private final NDArray flat;
  private final NativeList slots;
  private final List<ByteBuffer> buckets = new ArrayList<>();

  /** Allocates a buffer for arrays of these shapes, initialized to 0. */
  public FlatArrays(List<Shape> shapes) {
    long elements = shapes.stream().mapToLong(FlatArrays::alignedSize).sum();
    flat = attach(memory.zeros(new Shape(elements)));
    List<NDArray> parts = new ArrayList<>();
    long start = 0;
    for (Shape shape : shapes) {
      NDArray part = attach(flat.get(range(start, start + shape.size()))); // (size)
      parts.add(attach(part.reshape(shape)));
      start += alignedSize(shape);
    }
    slots = NativeList.of(parts);
  }

  private static long alignedSize(Shape shape) {
    return (shape.size() + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
  }

  private static NDIndex range(long from, long to) {
    return new NDIndex("{}:{}", from, to);
  }

  private NDArray attach(NDArray array) {
    NDScope.unregister(array);
    array.attach(memory);
    return array;
  }

  /** The whole buffer: (elements), including a little padding between the arrays. */
  public NDArray flat() {
    return flat;
  }

  /** Views of the arrays in the buffer, in the order of the shapes. */
  public NativeList slots() {
    return slots;
  }

  /**
   * The memory of the buffer in buckets, for a collective: direct buffers, float32, native byte
   * order. The summation order of an element depends on its position in a bucket, so every call
   * returns the same buckets.
   *
   * @param bytes bytes per bucket; must be the same in every call
   */
  public List<ByteBuffer> buckets(int bytes) {
    long elements = flat.size();
    long bucket = bytes / Float.BYTES;
    for (long from = buckets.size() * bucket; from < elements; from += bucket) {
      NDArray part = attach(flat.get(range(from, Math.min(from + bucket, elements))));
      buckets.add(part.toByteBuffer(true)); // shares the memory, not a copy
    }
    return buckets;
  }

  /** Sets every element to -0.0, which leaves every number unchanged when added to it. */
  public void clear() {
    Kernel.load("gradients").run("empty", flat);
  }

  /** Copies arrays into the buffer, one per slot. */
  public void copyFrom(List<NDArray> arrays) {
    copy(slots, requireFloats(arrays));
  }

  /** Copies all slots from the buffer to arrays. */
  public void copyTo(List<NDArray> arrays) {
    copy(requireFloats(arrays), slots);
  }

  private static List<NDArray> requireFloats(List<NDArray> arrays) {
    for (NDArray array : arrays) {
      if (array.getDataType() != DataType.FLOAT32) {
        throw new IllegalArgumentException(
            "Only FLOAT32 arrays are supported here, not " + array + ".");
      }
    }
    return arrays;
  }

  /** Copies values into arrays of the same shapes, on any devices. */
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
