package dev.counterpoint.core.kernel;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.types.DataType;
import ai.djl.pytorch.engine.PtNDArray;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
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
  private static final ThreadLocal<@Nullable ForwardScope> CURRENT = new ThreadLocal<>();

  private final List<ByteBuffer> borrowed = new ArrayList<>();

  private final Map<String, NDArray> losses = new TreeMap<>();

  private final Torch.@Nullable Recording recording;

  private final @Nullable ForwardScope enclosing = CURRENT.get();

  public ForwardScope() {
    this(null);
  }

  private ForwardScope(Torch.@Nullable Recording recording) {
    this.recording = recording;
    DjlInternals.SCOPE_ARRAYS.set(this, new Arrays(borrowed));
    CURRENT.set(this);
    suppressNotUsedWarning();
  }

  /** Seeds the engine and records the forward pass for gradients, until the scope is closed. */
  public static ForwardScope record(long seed) {
    Torch.seed(seed);
    return new ForwardScope(Torch.recordGradients());
  }

  /**
   * Adds an auxiliary loss to the innermost scope of this thread, if there is one; see {@code
   * Layer.addLoss}.
   *
   * @param loss (), float32; losses of the same name are added up
   * @throws IllegalArgumentException if the name or the shape is invalid
   */
  public static void addLoss(String name, NDArray loss) {
    ForwardScope scope = CURRENT.get();
    if (!name.matches("[A-Za-z][A-Za-z0-9_-]*")) {
      throw new IllegalArgumentException(
          "The name \""
              + name
              + "\" of an auxiliary loss must be a letter, followed by letters,"
              + " digits, dashes and underscores.");
    }
    if (loss.getShape().dimension() != 0 || loss.getDataType() != DataType.FLOAT32) {
      throw new IllegalArgumentException(
          "The auxiliary loss \""
              + name
              + "\" must be a float32 scalar, shape (), but is "
              + loss.getDataType()
              + " "
              + loss.getShape()
              + ". Append .mean(), and multiply by a float, such as 0.01f.");
    }
    if (scope != null) {
      scope.losses.merge(name, loss, NDArray::add);
    }
  }

  /** The auxiliary losses of the innermost scope of this thread, by name. */
  public static Map<String, NDArray> losses() {
    ForwardScope scope = CURRENT.get();
    return scope == null ? Map.of() : scope.losses;
  }

  /** The recording of {@link #record}. */
  public Torch.Recording recording() {
    return Objects.requireNonNull(recording);
  }

  @Override
  public void close() {
    CURRENT.set(enclosing);
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
