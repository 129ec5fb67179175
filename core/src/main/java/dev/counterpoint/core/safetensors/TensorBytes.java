package dev.counterpoint.core.safetensors;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.Shape;
import dev.counterpoint.core.kernel.Torch;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Streams the bytes of an array in chunks of rows, in row-major order and little-endian (the byte
 * order of every platform that libtorch supports). The array may be larger than a Java buffer, be
 * on a GPU, or be a transposed view, and is never copied as a whole.
 */
public final class TensorBytes {
  /** The default maximum chunk size in bytes. */
  static final int CHUNK = 16 << 20;

  private final int chunk;

  /** Uses chunks of at most 16 MiB. */
  public TensorBytes() {
    this(CHUNK);
  }

  /**
   * Uses chunks of the given size.
   *
   * @param chunk the maximum chunk size in bytes, at least 8 (the largest element size)
   */
  public TensorBytes(int chunk) {
    this.chunk = chunk;
  }

  /**
   * Receives the bytes of one chunk. The buffer is the array's memory and is valid only during the
   * call.
   */
  @FunctionalInterface
  public interface Sink<E extends Exception> {
    void accept(ByteBuffer bytes) throws E;
  }

  /** Supplies the next {@code count} bytes in a direct buffer of exactly that length. */
  @FunctionalInterface
  interface Source<E extends Exception> {
    ByteBuffer next(int count) throws E;
  }

  /** Sends all bytes of the array to a sink, in order. */
  public <E extends Exception> void send(NDArray array, Sink<E> sink) throws E {
    try (Torch.Recording off = Torch.noGradients()) {
      walk(array, part -> accept(part, sink));
    }
  }

  /** Overwrites all values of the array in place; memory, gradient and manager stay the same. */
  <E extends Exception> void fill(NDArray array, Source<E> source) throws E {
    try (Torch.Recording off = Torch.noGradients();
        NDManager host = Torch.newManager(Device.cpu())) {
      walk(array, part -> overwrite(part, host, source));
    }
  }

  private static <E extends Exception> void accept(NDArray part, Sink<E> sink) throws E {
    // The scope frees the copies that the engine makes of arrays on a GPU or not contiguous.
    try (NDScope scope = Torch.newScope()) {
      sink.accept(part.toByteBuffer(true).order(ByteOrder.LITTLE_ENDIAN));
    }
  }

  // NDArray.copyTo and set(Buffer) would allocate new memory for the array; only an assignment to
  // an index writes into its existing memory.
  private static <E extends Exception> void overwrite(
      NDArray part, NDManager host, Source<E> source) throws E {
    ByteBuffer bytes = source.next(Math.toIntExact(size(part)));
    try (NDScope scope = Torch.newScope()) {
      NDArray target = part.getShape().isScalar() ? part.reshape(1) : part;
      NDArray values = host.create(bytes, target.getShape(), target.getDataType());
      target.set(new NDIndex().addAllDim(), values);
    }
  }

  private <E extends Exception> void walk(NDArray array, Visitor<E> visitor) throws E {
    long size = size(array);
    if (size == 0) {
      return;
    }
    if (size <= chunk) {
      visitor.visit(array);
      return;
    }
    Shape shape = array.getShape();
    long rows = shape.get(0);
    if (rows == 1) {
      try (NDArray row = array.squeeze(0)) {
        walk(row, visitor);
      }
      return;
    }
    long step = Math.max(1, chunk / (size / rows));
    for (long from = 0; from < rows; from += step) {
      long to = Math.min(rows, from + step);
      try (NDArray part = array.get(new NDIndex().addSliceDim(from, to))) {
        walk(part, visitor);
      }
    }
  }

  private static long size(NDArray array) {
    return array.getShape().size() * array.getDataType().getNumOfBytes();
  }

  @FunctionalInterface
  private interface Visitor<E extends Exception> {
    void visit(NDArray part) throws E;
  }
}
