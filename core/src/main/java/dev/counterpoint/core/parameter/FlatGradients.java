package dev.counterpoint.core.parameter;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.Shape;
import dev.counterpoint.core.kernel.Kernel;
import dev.counterpoint.core.kernel.Torch;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The gradients of a model one behind the other in memory of the CPU that is kept from step to
 * step, as a collective takes them. Gradients are copied in, which is one pass over them; the
 * collective's work on as many takes several times that, so that what would spare the pass, to have
 * the backward pass add into this memory (at the price of clearing it), would gain nothing.
 */
final class FlatGradients implements AutoCloseable {
  /**
   * What a collective is given at once. The native ring is fastest from 1 to 16 MB. It is the same
   * in every run, since the order in which an element is summed hangs on its place in a bucket.
   */
  private static final long BUCKET_ELEMENTS = (4 << 20) / Float.BYTES;

  /** Elements: a cache line. */
  private static final long ALIGNMENT = 16;

  private final NDManager memory = Torch.newManager(Device.cpu());
  private final List<NDArray> slots = new ArrayList<>();
  private final List<ByteBuffer> buckets = new ArrayList<>();

  FlatGradients(List<Parameter> parameters) {
    long elements = parameters.stream().mapToLong(FlatGradients::room).sum();
    NDArray flat = keep(memory.zeros(new Shape(elements))); // (elements)
    long start = 0;
    for (Parameter parameter : parameters) {
      Shape shape = parameter.shape();
      NDArray part = keep(flat.get(range(start, start + shape.size()))); // (size)
      slots.add(keep(part.reshape(shape)));
      start += room(parameter);
    }
    for (long from = 0; from < elements; from += BUCKET_ELEMENTS) {
      NDArray part = keep(flat.get(range(from, Math.min(from + BUCKET_ELEMENTS, elements))));
      buckets.add(part.toByteBuffer(true)); // the memory itself, not a copy of it
    }
  }

  private static long room(Parameter parameter) {
    return (parameter.shape().size() + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
  }

  private static NDIndex range(long from, long to) {
    return new NDIndex("{}:{}", from, to);
  }

  private NDArray keep(NDArray array) {
    NDScope.unregister(array);
    array.attach(memory);
    return array;
  }

  /**
   * Copies gradients in, and has each bucket changed.
   *
   * @param gradients one a parameter; null where there is none, which becomes -0.0
   */
  void exchange(@Nullable NDArray[] gradients, Consumer<ByteBuffer> change) {
    List<NDArray> present = new ArrayList<>();
    List<NDArray> their = new ArrayList<>();
    List<NDArray> empty = new ArrayList<>();
    for (int i = 0; i < gradients.length; i++) {
      NDArray gradient = gradients[i];
      if (gradient == null) {
        empty.add(slots.get(i));
      } else if (gradient != slots.get(i)) {
        present.add(gradient);
        their.add(slots.get(i));
      }
    }
    if (!empty.isEmpty()) {
      Kernel.load("gradients").run("supply", empty);
    }
    if (!present.isEmpty()) {
      Kernel.load("gradients").run("copy", their, present);
    }
    buckets.forEach(change);
  }

  /** The gradient of a parameter, by its number, in the memory that was exchanged. */
  NDArray slot(int i) {
    return slots.get(i);
  }

  boolean owns(int i, NDArray array) {
    return slots.get(i) == array;
  }

  @Override
  public void close() {
    memory.close();
  }
}
