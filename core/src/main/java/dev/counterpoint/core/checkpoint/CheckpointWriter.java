package dev.counterpoint.core.checkpoint;

import ai.djl.ndarray.NDArray;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.counterpoint.core.parameter.Parameter;
import dev.counterpoint.core.safetensors.TensorCopies;
import dev.counterpoint.core.safetensors.TensorValues;
import dev.counterpoint.core.thread.SingleThread;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.SortedMap;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;

/**
 * Saves checkpoints on a thread of its own: whoever saves waits for the copying only, and for the
 * save before if that is not done. The thread reads copies and never calls the engine, so that
 * nothing of the training changes. For one thread.
 */
public final class CheckpointWriter implements AutoCloseable {
  private final CheckpointStore store;
  private final boolean background;
  private final Before before;
  private final TensorCopies modelCopies = new TensorCopies();
  private final TensorCopies optimizerCopies = new TensorCopies();
  private final SingleThread thread = new SingleThread("checkpoint-writer");
  private @Nullable Future<Long> underWay;

  /** What must be on the disk before a checkpoint may be. */
  @FunctionalInterface
  public interface Before {
    void sync() throws IOException;
  }

  /**
   * A writer into a store.
   *
   * @param background false: whoever saves waits until all is on the disk
   * @param before called before each checkpoint is written, by the thread that writes it
   */
  public CheckpointWriter(CheckpointStore store, boolean background, Before before) {
    this.store = store;
    this.background = background;
    this.before = before;
  }

  /**
   * Saves a checkpoint as {@link CheckpointStore#save} does. Where the memory does not hold a copy
   * it is written before the call returns.
   *
   * @throws IOException where it cannot be written, as far as that is known when the call returns
   * @throws IllegalStateException where the save before was not asked about: {@link #saved()}
   */
  public void save(
      long step, List<Parameter> model, Map<String, NDArray> optimizer, ObjectNode state)
      throws IOException {
    if (underWay != null) {
      throw new IllegalStateException("Ask for what was saved before step " + step + " first.");
    }
    underWay = thread.submit(writing(step, ModelWeights.byName(model), optimizer, state));
  }

  private Callable<Long> writing(
      long step, SortedMap<String, NDArray> model, Map<String, NDArray> optimizer, ObjectNode state)
      throws IOException {
    ObjectNode kept = state.deepCopy();
    if (background) {
      try {
        SortedMap<String, TensorValues> parameters = modelCopies.take(model);
        SortedMap<String, TensorValues> slots = optimizerCopies.take(optimizer);
        return () -> write(step, parameters, slots, kept);
      } catch (OutOfMemoryError e) {
        // Written in front then.
      }
    }
    long saved = write(step, TensorValues.of(model), TensorValues.of(optimizer), kept);
    return () -> saved;
  }

  private long write(
      long step,
      SortedMap<String, TensorValues> model,
      SortedMap<String, TensorValues> optimizer,
      ObjectNode state)
      throws IOException {
    before.sync();
    return store.write(step, model, optimizer, state).step();
  }

  /**
   * The step of the checkpoint that has come onto the disk since the last call, if one has.
   *
   * @throws IOException where it could not be written
   */
  public OptionalLong saved() throws IOException {
    return underWay == null || !underWay.isDone() ? OptionalLong.empty() : finish();
  }

  /** Waits until nothing is under way; else as {@link #saved()}. */
  public OptionalLong finish() throws IOException {
    Future<Long> last = underWay;
    if (last == null) {
      return OptionalLong.empty();
    }
    underWay = null;
    return OptionalLong.of(await(last));
  }

  private static long await(Future<Long> last) throws IOException {
    try {
      return last.get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CancellationException("Interrupted while waiting for a checkpoint.");
    } catch (ExecutionException e) {
      if (e.getCause() instanceof IOException cause) {
        throw new IOException(cause.getMessage(), cause);
      }
      throw new IllegalStateException(e.getCause());
    }
  }

  /** Waits for what is under way; whether it went well is asked before. */
  @Override
  public void close() {
    thread.close();
  }
}
