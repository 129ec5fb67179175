package dev.counterpoint.core.data;

import dev.counterpoint.core.settings.Formats;
import java.util.Map;

/**
 * A batch in Java memory, as assembled by a dataset: named tensors whose first dimension is the
 * batch.
 *
 * @param size the number of examples
 * @param tokens the number of tokens without padding; for data without tokens, the number of
 *     examples
 * @param tensors the tensors by name; the built-in models use the names defined in {@link Batch}
 */
public record HostBatch(int size, long tokens, Map<String, HostTensor> tensors) {
  public HostBatch {
    tensors = Map.copyOf(tensors);
    int examples = size;
    tensors.forEach(
        (name, tensor) -> {
          if (tensor.shape().dimension() == 0 || tensor.shape().get(0) != examples) {
            throw new IllegalArgumentException(
                Formats.of(
                    "Tensor \"%s\" %s must have one row for each of the %s examples.",
                    name, tensor.shape(), examples));
          }
        });
  }

  /** A batch of data without tokens. */
  public static HostBatch of(int size, Map<String, HostTensor> tensors) {
    return new HostBatch(size, size, tensors);
  }
}
