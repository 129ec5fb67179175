package dev.counterpoint.core.kernel;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDScope;
import ai.djl.pytorch.engine.PtNDArray;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;

/**
 * The arrays that a recorded forward pass makes on this thread; closing it closes them.
 *
 * <p>What Java brings into a forward pass, as the 0.5 of {@code x.mul(0.5)} or the numbers of a
 * {@code create(float[])}, lies in memory of the JVM that libtorch only borrows, and DJL forgets
 * that memory when its array is closed: for a number at once. The garbage collector may then free
 * it before the backward pass reads it, and the gradients are wrong, now and then. This scope holds
 * such memory until it is closed, which is after the backward pass; DJL has no public way to it, so
 * two of its fields are read by name.
 */
public final class ForwardScope extends NDScope {
  private static final VarHandle ARRAYS = field(NDScope.class, "resources", IdentityHashMap.class);
  private static final VarHandle MEMORY = field(PtNDArray.class, "dataRef", ByteBuffer.class);

  private final List<ByteBuffer> borrowed = new ArrayList<>();

  public ForwardScope() {
    ARRAYS.set(this, new Arrays(borrowed));
    suppressNotUsedWarning();
  }

  @Override
  public void close() {
    super.close();
    borrowed.clear();
  }

  private static VarHandle field(Class<?> owner, String name, Class<?> type) {
    try {
      return MethodHandles.privateLookupIn(owner, MethodHandles.lookup())
          .findVarHandle(owner, name, type);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(
          owner.getName() + " has no " + name + ": this is another version of DJL than 0.35.1.", e);
    }
  }

  /** Where DJL puts every new array of the thread. */
  private static final class Arrays extends IdentityHashMap<NDArray, NDArray> {
    private static final long serialVersionUID = 1L;

    private final transient List<ByteBuffer> borrowed;

    Arrays(List<ByteBuffer> borrowed) {
      this.borrowed = borrowed;
    }

    @Override
    public NDArray put(NDArray array, NDArray same) {
      if (array instanceof PtNDArray made && MEMORY.get(made) instanceof ByteBuffer memory) {
        borrowed.add(memory);
      }
      return super.put(array, same);
    }
  }
}
