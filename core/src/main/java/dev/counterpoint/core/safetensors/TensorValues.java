package dev.counterpoint.core.safetensors;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/** What is written of a tensor: the values of an array, or a copy that was made of them. */
public interface TensorValues {
  StoredType type();

  Shape shape();

  /** Passes on all bytes in row-major order, little-endian. */
  <E extends Exception> void send(TensorBytes.Sink<E> sink) throws E;

  /** The values that the arrays have when they are written. */
  static SortedMap<String, TensorValues> of(Map<String, NDArray> arrays) {
    SortedMap<String, TensorValues> values = new TreeMap<>();
    arrays.forEach((name, array) -> values.put(name, new OfArray(array)));
    return values;
  }

  /** An array's own. */
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
