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
 * Scope of the arrays created on this thread during a recorded forward pass; closing it closes
 * them.
 *
 * <p>Data that Java passes to libtorch in a forward pass, such as the 0.5 of {@code x.mul(0.5)} or
 * the values of {@code create(float[])}, is stored in JVM memory that libtorch does not own, and
 * DJL releases its reference when the array is closed; for a number, that is immediately. The
 * garbage collector may then free the memory before the backward pass reads it, which sometimes
 * makes gradients wrong. This scope keeps such memory until it is closed, after the backward pass.
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

  /** The map in which DJL registers every new array of the thread. */
  private static final class Arrays extends IdentityHashMap<NDArray, NDArray> {
    private static final long serialVersionUID = 1L;

    private final transient List<ByteBuffer> borrowed;

    Arrays(List<ByteBuffer> borrowed) {
      this.borrowed = borrowed;
    }

    @Override
    public NDArray put(NDArray array, NDArray value) {
      if (array instanceof PtNDArray ptArray
          && DjlInternals.ARRAY_MEMORY.get(ptArray) instanceof ByteBuffer memory) {
        borrowed.add(memory);
      }
      return super.put(array, value);
    }
  }
}
