package dev.counterpoint.models.bert;

import dev.counterpoint.core.data.Batch;
import dev.counterpoint.core.data.HostBatch;
import dev.counterpoint.core.data.HostTensor;
import java.util.HashMap;
import java.util.Map;

/** Creates batches with the first and last token of the answer as labels. */
final class Spans {
  private Spans() {}

  static HostBatch with(HostBatch batch, long[] starts, long[] ends) {
    long[] labels = new long[2 * starts.length];
    for (int i = 0; i < starts.length; i++) {
      labels[2 * i] = starts[i];
      labels[2 * i + 1] = ends[i];
    }
    Map<String, HostTensor> tensors = new HashMap<>(batch.tensors());
    tensors.put(Batch.LABELS, HostTensor.of(labels, starts.length, 2));
    return HostBatch.of(batch.size(), tensors);
  }
}
