package dev.counterpoint.core.kernel;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDScope;
import ai.djl.pytorch.engine.PtNDArray;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The arrays that a recorded forward pass makes on this thread; closing it closes them.
 *
 * <p>What Java brings into a forward pass, as the 0.5 of {@code x.mul(0.5)} or the numbers of a
 * {@code create(float[])}, lies in memory of the JVM that libtorch only borrows, and DJL forgets
 * that memory when its array is closed: for a number at once. The garbage collector may then free
 * it before the backward pass reads it, and the gradients are wrong, now and then. This scope holds
 * such memory until it is closed, which is after the backward pass.
 */
public final class ForwardScope extends NDScope {
  private final List<ByteBuffer> borrowed = new ArrayList<>();

  private final Torch.@Nullable Recording recording;

  public ForwardScope() {
    this(null);
  }

  private ForwardScope(Torch.@Nullable Recording recording) {
    this.recording = recording;
    DjlInternals.SCOPE_ARRAYS.set(this, new Arrays(borrowed));
    suppressNotUsedWarning();
  }

  /** Seeds the engine and records the forward pass for gradients, until the scope is closed. */
  public static ForwardScope record(long seed) {
    Torch.seed(seed);
    return new ForwardScope(Torch.recordGradients());
  }

  /** The recording of {@link #record}. */
  public Torch.Recording recording() {
    return Objects.requireNonNull(recording);
  }

  @Override
  public void close() {
    if (recording != null) {
      recording.close();
    }
    super.close();
    borrowed.clear();
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
      if (array instanceof PtNDArray made
          && DjlInternals.ARRAY_MEMORY.get(made) instanceof ByteBuffer memory) {
        borrowed.add(memory);
      }
      return super.put(array, same);
    }
  }
}
