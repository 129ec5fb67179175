package dev.counterpoint.core.data;

import dev.counterpoint.core.settings.Formats;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;

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

  /**
   * Joins batches with the same tensors. Rows of tokens are padded on the right to the longest.
   *
   * @param paddingId pads {@link Batch#IDS}; all other tensors are padded with 0
   */
  public static HostBatch concatenate(List<HostBatch> parts, int paddingId) {
    Map<String, HostTensor> tensors = new TreeMap<>();
    for (String name : parts.get(0).tensors.keySet()) {
      List<HostTensor> named =
          parts.stream().map(it -> Objects.requireNonNull(it.tensors.get(name), name)).toList();
      tensors.put(name, HostTensor.concatenate(named, name.equals(Batch.IDS) ? paddingId : 0));
    }
    return new HostBatch(
        parts.stream().mapToInt(HostBatch::size).sum(),
        parts.stream().mapToLong(HostBatch::tokens).sum(),
        tensors);
  }
}
