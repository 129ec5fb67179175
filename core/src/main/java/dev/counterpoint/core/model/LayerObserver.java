package dev.counterpoint.core.model;

import ai.djl.ndarray.NDArray;
import java.util.Arrays;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Observes the outputs of a model's layers on the current thread, in order of computation, until it
 * is closed.
 */
public final class LayerObserver implements AutoCloseable {
  private static final ThreadLocal<@Nullable LayerObserver> CURRENT = new ThreadLocal<>();

  private final IdentityHashMap<Layer, String> paths = new IdentityHashMap<>();
  private final Listener listener;
  private final Consumer<Fused> fused;
  private @Nullable NDArray last; // output that was observed

  /** Receives the output of a layer, and returns the array that the model continues with. */
  @FunctionalInterface
  public interface Listener {
    /**
     * Called when a layer has computed its output.
     *
     * @param layer the layer's path and class, such as {@code head (Linear)}
     * @return the output, or an array of equal values in its place
     */
    NDArray observe(String layer, NDArray output);
  }

  /**
   * Several layers that one kernel computes together.
   *
   * @param name the path that they have in common, and the class that computes them, such as {@code
   *     blocks.0.attention (MultiHeadAttention)}; the output is observed under this name
   * @param layers their paths
   */
  public record Fused(String name, List<String> layers) {}

  private LayerObserver(Listener listener, Consumer<Fused> fused) {
    this.listener = listener;
    this.fused = fused;
  }

  /**
   * Starts observing a model on the current thread.
   *
   * @param listener receives a layer's path and class, and its output
   * @throws IllegalStateException if another observer is active on this thread
   */
  public static LayerObserver begin(BaseModel model, BiConsumer<String, NDArray> listener) {
    return begin(model, listener, layers -> {});
  }

  /**
   * Starts observing a model and its fused layers on the current thread.
   *
   * @param fused receives the layers that one kernel computed, after their output was observed
   * @throws IllegalStateException as above
   */
  public static LayerObserver begin(
      BaseModel model, BiConsumer<String, NDArray> listener, Consumer<Fused> fused) {
    return start(
        model,
        (layer, output) -> {
          listener.accept(layer, output);
          return output;
        },
        fused);
  }

  /**
   * Starts observing a model on the current thread, and replaces the outputs of its layers.
   *
   * @throws IllegalStateException as above
   */
  public static LayerObserver replace(BaseModel model, Listener listener) {
    return start(model, listener, layers -> {});
  }

  private static LayerObserver start(BaseModel model, Listener listener, Consumer<Fused> fused) {
    if (CURRENT.get() != null) {
      throw new IllegalStateException(
          "A LayerObserver is already active on this thread; close it first.");
    }
    LayerObserver observer = new LayerObserver(listener, fused);
    LayerFields.visitLayers(model, (path, layer) -> observer.paths.put(layer, path));
    CURRENT.set(observer);
    return observer;
  }

  static NDArray notify(Layer layer, NDArray output) {
    LayerObserver observer = CURRENT.get();
    if (observer == null) {
      return output;
    }
    String path = observer.paths.get(layer);
    String type = layer.getClass().getSimpleName();
    return observer.observe(path == null ? type : path + " (" + type + ")", output);
  }

  private NDArray observe(String name, NDArray output) {
    NDArray result = listener.observe(name, output);
    last = result;
    return result;
  }

  /**
   * Passes the output of a part, which may be user-defined, to the active observer, unless the part
   * has already passed it.
   *
   * @return the array to continue with
   */
  public static NDArray notifyPart(UnaryLayer part, NDArray output) {
    LayerObserver observer = CURRENT.get();
    boolean isObserved = observer == null || observer.last == output;
    return !isObserved && part instanceof Layer layer ? notify(layer, output) : output;
  }

  /**
   * Passes the output of several layers that one kernel computes to the active observer.
   *
   * @param type the class that computes them
   * @return the array to continue with
   */
  public static NDArray notifyFused(Class<?> type, NDArray output, Layer... layers) {
    LayerObserver observer = CURRENT.get();
    if (observer == null) {
      return output;
    }
    List<String> paths =
        Arrays.stream(layers).map(layer -> observer.paths.getOrDefault(layer, "")).toList();
    String common = paths.stream().reduce(LayerObserver::commonPath).orElseThrow();
    String name = common + " (" + type.getSimpleName() + ")";
    NDArray result = observer.observe(name, output);
    observer.fused.accept(new Fused(name, paths));
    return result;
  }

  private static String commonPath(String one, String other) {
    String path = one;
    while (!path.isEmpty() && !(other + ".").startsWith(path + ".")) {
      path = path.substring(0, Math.max(0, path.lastIndexOf('.')));
    }
    return path;
  }

  @Override
  public void close() {
    CURRENT.remove();
  }
}
