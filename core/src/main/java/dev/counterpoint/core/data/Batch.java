package dev.counterpoint.core.data;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.counterpoint.core.kernel.Torch;
import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** What a model's forward is given: named native arrays whose first dimension is the item. */
public final class Batch implements AutoCloseable {
  public static final String IDS = "ids";
  public static final String MASK = "mask";
  public static final String FEATURES = "features";
  public static final String LABELS = "labels";

  /** Which text of a pair a token is of: (batch, tokens), int64, from 0. */
  public static final String TOKEN_TYPES = "tokenTypes";

  private final NDManager manager;
  private final Map<String, NDArray> tensors = new TreeMap<>();
  private final int size;
  private final long tokens;
  private final String shapes;

  /** Copies a batch into native memory on the device, which it owns until closed. */
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
      manager.close(); // those that had room
      throw e;
    }
  }

  /** Token ids (batch, tokens), int64. */
  public NDArray ids() {
    return get(IDS);
  }

  /** 1 for a token, 0 for padding: (batch, tokens), float32. */
  public NDArray mask() {
    return get(MASK);
  }

  /** Numbers that describe each item: (batch, features), float32. */
  public NDArray features() {
    return get(FEATURES);
  }

  /** What is to be predicted: as the data set and the loss agree, mostly (batch), int64. */
  public NDArray labels() {
    return get(LABELS);
  }

  /**
   * A tensor by its name.
   *
   * @throws IllegalArgumentException where there is none of that name
   */
  public NDArray get(String name) {
    NDArray tensor = tensors.get(name);
    if (tensor == null) {
      throw new IllegalArgumentException(
          "The batch has no \"" + name + "\"; it has " + String.join(", ", tensors.keySet()) + ".");
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

  /** Items. */
  public int size() {
    return size;
  }

  /** Tokens that are not padding; for data without tokens, the items. */
  public long tokens() {
    return tokens;
  }

  /** Names and shapes: {@code ids (8, 128), labels (8)}. It may be asked when closed, too. */
  @Override
  public String toString() {
    return shapes;
  }

  @Override
  public void close() {
    manager.close();
  }
}
