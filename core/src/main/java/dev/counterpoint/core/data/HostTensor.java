package dev.counterpoint.core.data;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.Arrays;
import java.util.List;

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

  /**
   * Joins tensors along their first dimension. Matrices (rows, width) of different widths are
   * padded on the right.
   *
   * @param padding pads int64 values; float32 values are padded with 0
   */
  static HostTensor concatenate(List<HostTensor> parts, long padding) {
    Shape first = parts.get(0).shape;
    int width = 0;
    int rows = 0;
    for (HostTensor part : parts) {
      width = Math.max(width, part.rowSize());
      rows += (int) part.shape.get(0);
    }
    for (HostTensor part : parts) {
      boolean fits = part.shape.dimension() == 2 || part.rowSize() == width;
      if (!fits || part.shape.dimension() != first.dimension()) {
        throw new IllegalArgumentException(
            "Tensors " + first + " and " + part.shape + " cannot be joined.");
      }
    }
    long[] shape = first.getShape().clone();
    shape[0] = rows;
    if (shape.length == 2) {
      shape[1] = width;
    }
    boolean isFloat = parts.get(0).values instanceof float[];
    Object values = isFloat ? new float[rows * width] : new long[rows * width];
    if (values instanceof long[] longs) {
      Arrays.fill(longs, padding);
    }
    int at = 0;
    for (HostTensor part : parts) {
      int size = part.rowSize();
      for (int row = 0; row < part.shape.get(0); row++, at += width) {
        System.arraycopy(part.values, row * size, values, at, size);
      }
    }
    return new HostTensor(values, rows * width, shape);
  }

  private int rowSize() {
    return (int) shape.slice(1).size();
  }

  /** Creates a native tensor of the same shape: float32 or int64. */
  NDArray toNative(NDManager manager) {
    return values instanceof float[] floats
        ? manager.create(floats, shape)
        : manager.create(longs(), shape);
  }
}
