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
 * The bytes of an array in row-major order, little-endian (every machine that libtorch is built for
 * is), a piece of its rows at a time: so an array may be larger than a Java buffer, lie on a GPU,
 * or be a transposed view, and never needs a second copy of its size.
 */
public final class TensorBytes {
  /** Bytes of a piece at most. */
  static final int PIECE = 16 << 20;

  private final int piece;

  public TensorBytes() {
    this(PIECE);
  }

  /**
   * @param piece bytes of a piece at most; 8, an element's size, at least
   */
  public TensorBytes(int piece) {
    this.piece = piece;
  }

  /** Takes the bytes of one piece; the buffer is the array's own memory and ends with the call. */
  @FunctionalInterface
  public interface Sink<E extends Exception> {
    void accept(ByteBuffer bytes) throws E;
  }

  /** Gives the next bytes, as many as asked for, in a direct buffer of just that length. */
  @FunctionalInterface
  interface Source<E extends Exception> {
    ByteBuffer next(int count) throws E;
  }

  /** Passes on all bytes of the array, in order. */
  @SuppressWarnings("try") // The recording mode is there to be closed only.
  public <E extends Exception> void send(NDArray array, Sink<E> sink) throws E {
    try (Torch.Recording off = Torch.noGradients()) {
      walk(array, part -> accept(part, sink));
    }
  }

  /** Overwrites all values of the array in place: its memory, gradient and owner stay. */
  @SuppressWarnings("try") // The recording mode is there to be closed only.
  <E extends Exception> void fill(NDArray array, Source<E> source) throws E {
    try (Torch.Recording off = Torch.noGradients();
        NDManager host = Torch.newManager(Device.cpu())) {
      walk(array, part -> overwrite(part, host, source));
    }
  }

  private static <E extends Exception> void accept(NDArray part, Sink<E> sink) throws E {
    // The scope frees the copies that the engine makes of what is on a GPU or not contiguous.
    try (NDScope scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      sink.accept(part.toByteBuffer(true).order(ByteOrder.LITTLE_ENDIAN));
    }
  }

  // NDArray.copyTo and set(Buffer) would give the array other memory; an assignment to an index is
  // what writes into its own.
  private static <E extends Exception> void overwrite(
      NDArray part, NDManager host, Source<E> source) throws E {
    ByteBuffer bytes = source.next(Math.toIntExact(size(part)));
    try (NDScope scope = new NDScope()) {
      scope.suppressNotUsedWarning();
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
    if (size <= piece) {
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
    long step = Math.max(1, piece / (size / rows));
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
