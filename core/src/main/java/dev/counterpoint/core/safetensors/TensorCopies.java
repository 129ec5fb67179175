package dev.counterpoint.core.safetensors;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Copies of arrays in off-heap memory that is reused between calls: the first access to newly
 * allocated memory takes longer than the copying itself.
 */
public final class TensorCopies {
  private final Map<String, Copy> copies = new HashMap<>();

  /**
   * Copies the current values of the arrays. The returned copies are overwritten by the next call.
   *
   * @throws OutOfMemoryError if there is not enough memory for the copies; all of them are released
   */
  public SortedMap<String, TensorValues> copy(Map<String, NDArray> arrays) {
    SortedMap<String, TensorValues> copied = new TreeMap<>();
    try {
      arrays.forEach(
          (name, array) -> {
            Copy copy =
                copies.compute(
                    name, (key, old) -> old != null && old.fits(array) ? old : new Copy(array));
            copy.fill(array);
            copied.put(name, copy);
          });
    } catch (OutOfMemoryError e) {
      copies.clear();
      throw e;
    }
    return copied;
  }

  private static final class Copy implements TensorValues {
    private final StoredType type;
    private final Shape shape;
    private final List<ByteBuffer> chunks = new ArrayList<>();

    Copy(NDArray like) {
      type = StoredType.of(like.getDataType());
      shape = like.getShape();
    }

    boolean fits(NDArray array) {
      return shape.equals(array.getShape()) && type == StoredType.of(array.getDataType());
    }

    void fill(NDArray array) {
      int[] next = {0};
      new TensorBytes()
          .<RuntimeException>send(
              array,
              bytes -> {
                if (next[0] == chunks.size()) {
                  chunks.add(ByteBuffer.allocateDirect(bytes.remaining()));
                }
                chunks.get(next[0]++).clear().put(bytes);
              });
    }

    @Override
    public StoredType type() {
      return type;
    }

    @Override
    public Shape shape() {
      return shape;
    }

    @Override
    public <E extends Exception> void send(TensorBytes.Sink<E> sink) throws E {
      for (ByteBuffer chunk : chunks) {
        sink.accept(chunk.duplicate().clear().order(ByteOrder.LITTLE_ENDIAN));
      }
    }
  }
}
