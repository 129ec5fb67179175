package dev.counterpoint.core.checkpoint;

import ai.djl.ndarray.NDArray;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.counterpoint.core.internal.thread.SingleThread;
import dev.counterpoint.core.parameter.Parameter;
import dev.counterpoint.core.safetensors.TensorCopies;
import dev.counterpoint.core.safetensors.TensorValues;
import java.io.Flushable;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.SortedMap;
import java.util.concurrent.Callable;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;

/**
 * Saves checkpoints on a background thread. The caller waits only until the arrays are copied, and
 * for the previous save if it is still running. The background thread reads the copies and never
 * calls the engine, so results do not depend on it. Not thread-safe.
 */
public final class CheckpointWriter implements AutoCloseable {
  private final CheckpointStore store;
  private final boolean background;
  private final Flushable beforeWrite;
  private final TensorCopies modelCopies = new TensorCopies();
  private final TensorCopies optimizerCopies = new TensorCopies();
  private final SingleThread thread = new SingleThread("checkpoint-writer");
  private @Nullable Future<Long> pending;

  /**
   * A writer that saves to a store.
   *
   * @param background if false, {@link #save} returns only after the checkpoint is on disk
   * @param beforeWrite flushes what must be on disk before each checkpoint, such as the metrics
   *     file; called on the thread that writes the checkpoint
   */
  public CheckpointWriter(CheckpointStore store, boolean background, Flushable beforeWrite) {
    this.store = store;
    this.background = background;
    this.beforeWrite = beforeWrite;
  }

  /**
   * Saves a checkpoint as {@link CheckpointStore#save} does. If there is not enough memory for a
   * copy of the arrays, the checkpoint is written before this method returns.
   *
   * @throws UncheckedIOException if the checkpoint cannot be written and this is known before the
   *     method returns; later failures are thrown by {@link #saved()} and {@link #finish()}
   * @throws IllegalStateException if the result of the previous save has not been fetched with
   *     {@link #saved()} or {@link #finish()}
   */
  public void save(
      long step, List<Parameter> model, Map<String, NDArray> optimizer, ObjectNode state) {
    if (pending != null) {
      throw new IllegalStateException(
          "Call saved() or finish() for the previous checkpoint before saving step " + step + ".");
    }
    pending = thread.submit(writeTask(step, ModelWeights.byName(model), optimizer, state));
  }

  private Callable<Long> writeTask(
      long step,
      SortedMap<String, NDArray> model,
      Map<String, NDArray> optimizer,
      ObjectNode state) {
    ObjectNode stateCopy = state.deepCopy();
    if (background) {
      try {
        SortedMap<String, TensorValues> parameters = modelCopies.copy(model);
        SortedMap<String, TensorValues> slots = optimizerCopies.copy(optimizer);
        return () -> write(step, parameters, slots, stateCopy);
      } catch (OutOfMemoryError e) {
        // Not enough memory for a copy: the checkpoint is written in the foreground.
      }
    }
    long saved = write(step, TensorValues.of(model), TensorValues.of(optimizer), stateCopy);
    return () -> saved;
  }

  private long write(
      long step,
      SortedMap<String, TensorValues> model,
      SortedMap<String, TensorValues> optimizer,
      ObjectNode state) {
    try {
      beforeWrite.flush();
      return store.write(step, model, optimizer, state).step();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * The step of the checkpoint that was completed since the last call; empty if none was. Does not
   * wait.
   *
   * @throws UncheckedIOException if that checkpoint could not be written
   */
  public OptionalLong saved() {
    return pending == null || !pending.isDone() ? OptionalLong.empty() : finish();
  }

  /**
   * Waits for a pending save and returns its step; empty if no save is pending.
   *
   * @throws UncheckedIOException if the checkpoint could not be written
   */
  public OptionalLong finish() {
    Future<Long> last = pending;
    if (last == null) {
      return OptionalLong.empty();
    }
    pending = null;
    return OptionalLong.of(await(last));
  }

  private static long await(Future<Long> last) {
    try {
      return SingleThread.await(last, "a checkpoint");
    } catch (UncheckedIOException failure) {
      IOException cause = Objects.requireNonNull(failure.getCause());
      throw new UncheckedIOException(
          cause.getMessage(), new IOException(cause.getMessage(), cause));
    }
  }

  @Override
  public void close() {
    thread.close();
  }
}
