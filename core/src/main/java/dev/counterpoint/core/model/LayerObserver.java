package dev.counterpoint.core.model;

import ai.djl.ndarray.NDArray;
import java.util.IdentityHashMap;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Observes the outputs of a model's layers on the current thread, in order of computation, until it
 * is closed.
 */
public final class LayerObserver implements AutoCloseable {
  private static final ThreadLocal<@Nullable LayerObserver> CURRENT = new ThreadLocal<>();

  private final IdentityHashMap<Layer, String> names = new IdentityHashMap<>();
  private final BiConsumer<String, NDArray> listener;

  private LayerObserver(BiConsumer<String, NDArray> listener) {
    this.listener = listener;
  }

  /**
   * Starts observing a model on the current thread.
   *
   * @param listener receives a layer's path and class, such as {@code head (Linear)}, and its
   *     output
   * @throws IllegalStateException if another observer is active on this thread
   */
  public static LayerObserver begin(BaseModel model, BiConsumer<String, NDArray> listener) {
    if (CURRENT.get() != null) {
      throw new IllegalStateException(
          "A LayerObserver is already active on this thread; close it first.");
    }
    LayerObserver observer = new LayerObserver(listener);
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

  @Override
  public void close() {
    CURRENT.remove();
  }
}
