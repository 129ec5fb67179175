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
 * Copies of arrays, in memory outside of the heap that is kept from one time to the next: the first
 * touch of new memory takes longer than the copying.
 */
public final class TensorCopies {
  private final Map<String, Copy> copies = new HashMap<>();

  /**
   * Copies the arrays as they are now.
   *
   * @throws OutOfMemoryError where the copies do not fit; nothing is kept then
   */
  public SortedMap<String, TensorValues> take(Map<String, NDArray> arrays) {
    SortedMap<String, TensorValues> taken = new TreeMap<>();
    try {
      arrays.forEach(
          (name, array) -> {
            Copy copy =
                copies.compute(
                    name, (key, old) -> old != null && old.fits(array) ? old : new Copy(array));
            copy.fill(array);
            taken.put(name, copy);
          });
    } catch (OutOfMemoryError e) {
      copies.clear();
      throw e;
    }
    return taken;
  }

  private static final class Copy implements TensorValues {
    private final StoredType type;
    private final Shape shape;
    private final List<ByteBuffer> pieces = new ArrayList<>();

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
                if (next[0] == pieces.size()) {
                  pieces.add(ByteBuffer.allocateDirect(bytes.remaining()));
                }
                pieces.get(next[0]++).clear().put(bytes);
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
      for (ByteBuffer piece : pieces) {
        sink.accept(piece.duplicate().clear().order(ByteOrder.LITTLE_ENDIAN));
      }
    }
  }
}
