package dev.counterpoint.core.safetensors;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/** The type, shape and values of a tensor to be written, backed by an array or by a copy of it. */
public interface TensorValues {
  /** The element type. */
  StoredType type();

  /** The shape. */
  Shape shape();

  /** Sends all bytes to a sink, in row-major order and little-endian. */
  <E extends Exception> void send(TensorBytes.Sink<E> sink) throws E;

  /** Values backed by the arrays themselves, read at the time of writing. */
  static SortedMap<String, TensorValues> of(Map<String, NDArray> arrays) {
    SortedMap<String, TensorValues> values = new TreeMap<>();
    arrays.forEach((name, array) -> values.put(name, new OfArray(array)));
    return values;
  }

  /** Values backed by an array. */
  record OfArray(NDArray array) implements TensorValues {
    @Override
    public StoredType type() {
      return StoredType.of(array.getDataType());
    }

    @Override
    public Shape shape() {
      return array.getShape();
    }

    @Override
    public <E extends Exception> void send(TensorBytes.Sink<E> sink) throws E {
      new TensorBytes().send(array, sink);
    }
  }
}
