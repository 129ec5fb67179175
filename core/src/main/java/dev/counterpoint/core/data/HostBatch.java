package dev.counterpoint.core.data;

import java.util.Map;

/**
 * A batch in Java memory, as a data set assembles it: named tensors whose first dimension is the
 * item.
 *
 * @param size items
 * @param tokens tokens that are not padding; for data without tokens, the items
 * @param tensors by name; the names that models of this project look for are those of {@link Batch}
 */
public record HostBatch(int size, long tokens, Map<String, HostTensor> tensors) {
  public HostBatch {
    tensors = Map.copyOf(tensors);
    int items = size;
    tensors.forEach(
        (name, tensor) -> {
          if (tensor.shape().dimension() == 0 || tensor.shape().get(0) != items) {
            throw new IllegalArgumentException(
                "Tensor \""
                    + name
                    + "\" "
                    + tensor.shape()
                    + " does not have one row for each of the "
                    + items
                    + " items.");
          }
        });
  }

  /** A batch of data without tokens. */
  public static HostBatch of(int size, Map<String, HostTensor> tensors) {
    return new HostBatch(size, size, tensors);
  }
}
