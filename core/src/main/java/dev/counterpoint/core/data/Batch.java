package dev.counterpoint.core.data;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.counterpoint.core.kernel.Torch;
import dev.counterpoint.core.settings.Formats;
import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** Input of a model's forward pass: named native tensors whose first dimension is the batch. */
public final class Batch implements AutoCloseable {
  public static final String IDS = "ids";
  public static final String MASK = "mask";
  public static final String FEATURES = "features";
  public static final String LABELS = "labels";

  /** Normalized images: (batch, channels, height, width), float32. */
  public static final String IMAGES = "images";

  /**
   * Ids of the categorical columns of each example, counted from 0 in each column. Shape (batch,
   * columns), int64.
   */
  public static final String CATEGORIES = "categories";

  /** Weights of the examples in the loss: (batch), float32; if absent, every weight is 1. */
  public static final String WEIGHTS = "weights";

  /**
   * Token type ids, counted from 0: which text of a pair a token belongs to. Shape (batch, tokens),
   * int64.
   */
  public static final String TOKEN_TYPES = "tokenTypes";

  private final NDManager manager;
  private final Map<String, NDArray> tensors = new TreeMap<>();
  private final int size;
  private final long tokens;
  private final String shapes;

  /**
   * Copies a batch into native memory on the device. The batch owns that memory until it is closed.
   */
  public Batch(HostBatch host, Device device) {
    manager = Torch.newManager(device);
    size = host.size();
    tokens = host.tokens();
    shapes =
        new TreeMap<>(host.tensors())
            .entrySet().stream()
                .map(tensor -> tensor.getKey() + " " + tensor.getValue().shape())
                .collect(Collectors.joining(", "));
    try {
      host.tensors().forEach((name, tensor) -> tensors.put(name, tensor.toNative(manager)));
    } catch (RuntimeException | Error e) {
      manager.close(); // Frees the tensors allocated so far.
      throw e;
    }
  }

  /** Token ids (batch, tokens), int64. */
  public NDArray ids() {
    return get(IDS);
  }

  /** Attention mask, 1 for a token and 0 for padding: (batch, tokens), float32. */
  public NDArray mask() {
    return get(MASK);
  }

  /** Feature values of each example: (batch, features), float32. */
  public NDArray features() {
    return get(FEATURES);
  }

  /** Normalized images: (batch, channels, height, width), float32. */
  public NDArray images() {
    return get(IMAGES);
  }

  /**
   * Training targets, in the shape that the dataset and the loss agree on: usually (batch), int64.
   */
  public NDArray labels() {
    return get(LABELS);
  }

  /**
   * Returns a tensor by name.
   *
   * @throws IllegalArgumentException if the batch has no tensor of that name
   */
  public NDArray get(String name) {
    NDArray tensor = tensors.get(name);
    if (tensor == null) {
      throw new IllegalArgumentException(
          Formats.of(
              "The batch does not contain the tensor \"%s\"; it contains %s.",
              name, String.join(", ", tensors.keySet())));
    }
    return tensor;
  }

  /** All tensors by name. */
  public Map<String, NDArray> tensors() {
    return Collections.unmodifiableMap(tensors);
  }

  public boolean has(String name) {
    return tensors.containsKey(name);
  }

  /** Number of examples. */
  public int size() {
    return size;
  }

  /** Number of tokens without padding; for data without tokens, the number of examples. */
  public long tokens() {
    return tokens;
  }

  /**
   * Tensor names and shapes: {@code ids (8, 128), labels (8)}. Also valid after the batch is
   * closed.
   */
  @Override
  public String toString() {
    return shapes;
  }

  @Override
  public void close() {
    manager.close();
  }
}
