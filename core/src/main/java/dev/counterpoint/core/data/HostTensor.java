package dev.counterpoint.core.data;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;

/**
 * Tensor in Java memory, in row-major order: the input of a {@link HostBatch} and the output of a
 * prediction. Holds float32 or int64 values.
 */
public final class HostTensor {
  private final Object values;
  private final Shape shape;

  private HostTensor(Object values, int length, long... shape) {
    this.values = values;
    this.shape = new Shape(shape);
    if (this.shape.size() != length) {
      throw new IllegalArgumentException(
          length + " values do not fill the shape " + this.shape + ".");
    }
  }

  public static HostTensor of(float[] values, long... shape) {
    return new HostTensor(values, values.length, shape);
  }

  public static HostTensor of(long[] values, long... shape) {
    return new HostTensor(values, values.length, shape);
  }

  public Shape shape() {
    return shape;
  }

  /**
   * Returns the values in row-major order; not a copy.
   *
   * @throws IllegalStateException if the values are integers
   */
  public float[] floats() {
    if (values instanceof float[] floats) {
      return floats;
    }
    throw new IllegalStateException("This tensor " + shape + " holds int64 values; use longs().");
  }

  /**
   * Returns the values in row-major order; not a copy.
   *
   * @throws IllegalStateException if the values are floating-point numbers
   */
  public long[] longs() {
    if (values instanceof long[] longs) {
      return longs;
    }
    throw new IllegalStateException(
        "This tensor " + shape + " holds float32 values; use floats().");
  }

  /** Creates a native tensor of the same shape: float32 or int64. */
  NDArray toNative(NDManager manager) {
    return values instanceof float[] floats
        ? manager.create(floats, shape)
        : manager.create(longs(), shape);
  }
}
