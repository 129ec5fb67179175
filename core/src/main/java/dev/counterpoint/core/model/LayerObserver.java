package dev.counterpoint.core.model;

import ai.djl.ndarray.NDArray;
import java.util.IdentityHashMap;
import java.util.function.BiConsumer;
import java.util.function.LongConsumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Observes the outputs of a model's layers on the current thread, in order of computation, until it
 * is closed.
 */
public final class LayerObserver implements AutoCloseable {
  private static final ThreadLocal<@Nullable LayerObserver> CURRENT = new ThreadLocal<>();

  private final IdentityHashMap<Layer, String> names = new IdentityHashMap<>();
  private final BiConsumer<String, NDArray> listener;
  private final LongConsumer retained;

  private LayerObserver(BiConsumer<String, NDArray> listener, LongConsumer retained) {
    this.listener = listener;
    this.retained = retained;
  }

  /**
   * Starts observing a model on the current thread.
   *
   * @param listener receives a layer's path and class, such as {@code head (Linear)}, and its
   *     output
   * @throws IllegalStateException if another observer is active on this thread
   */
  public static LayerObserver begin(BaseModel model, BiConsumer<String, NDArray> listener) {
    return begin(model, listener, bytes -> {});
  }

  /**
   * Starts observing a model and the memory of its fused layers on the current thread.
   *
   * @param listener as above
   * @param retained receives the bytes that several layers, computed by one kernel, keep for the
   *     backward pass besides their input and output
   * @throws IllegalStateException as above
   */
  public static LayerObserver begin(
      BaseModel model, BiConsumer<String, NDArray> listener, LongConsumer retained) {
    if (CURRENT.get() != null) {
      throw new IllegalStateException(
          "A LayerObserver is already active on this thread; close it first.");
    }
    LayerObserver observer = new LayerObserver(listener, retained);
    LayerFields.visitLayers(
        model,
        (path, layer) ->
            observer.names.put(layer, path + " (" + layer.getClass().getSimpleName() + ")"));
    CURRENT.set(observer);
    return observer;
  }

  static void notify(Layer layer, NDArray output) {
    LayerObserver observer = CURRENT.get();
    if (observer != null) {
      observer.listener.accept(
          observer.names.getOrDefault(layer, layer.getClass().getSimpleName()), output);
    }
  }

  /**
   * Passes the output of the last of several layers that one kernel computes to the active
   * observer.
   *
   * @param bytes the memory that the kernel keeps for the backward pass besides input and output;
   *     the values are assumed to be float32
   */
  public static void notifyFused(Layer last, NDArray output, LongSupplier bytes) {
    LayerObserver observer = CURRENT.get();
    if (observer != null) {
      notify(last, output);
      observer.retained.accept(bytes.getAsLong());
    }
  }

  @Override
  public void close() {
    CURRENT.remove();
  }
}
