package dev.counterpoint.core.model;

import ai.djl.ndarray.NDArray;
import java.util.IdentityHashMap;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Sees what the layers of a model put out on this thread, in the order in which they do, until it
 * is closed.
 */
public final class LayerObserver implements AutoCloseable {
  private static final ThreadLocal<@Nullable LayerObserver> CURRENT = new ThreadLocal<>();

  private final IdentityHashMap<Layer, String> names = new IdentityHashMap<>();
  private final BiConsumer<String, NDArray> watcher;

  private LayerObserver(BiConsumer<String, NDArray> watcher) {
    this.watcher = watcher;
  }

  /**
   * Begins to watch.
   *
   * @param watcher given a layer's path and class, as {@code head (Linear)}, and its output
   * @throws IllegalStateException where another watch is on this thread
   */
  public static LayerObserver begin(BaseModel model, BiConsumer<String, NDArray> watcher) {
    if (CURRENT.get() != null) {
      throw new IllegalStateException("The layers of this thread are watched already.");
    }
    LayerObserver watch = new LayerObserver(watcher);
    LayerFields.visit(
        model,
        "",
        (path, parameter) -> {},
        (path, layer) ->
            watch.names.put(layer, path + " (" + layer.getClass().getSimpleName() + ")"));
    CURRENT.set(watch);
    return watch;
  }

  static void show(Layer layer, NDArray output) {
    LayerObserver watch = CURRENT.get();
    if (watch != null) {
      watch.watcher.accept(
          watch.names.getOrDefault(layer, layer.getClass().getSimpleName()), output);
    }
  }

  @Override
  public void close() {
    CURRENT.remove();
  }
}
