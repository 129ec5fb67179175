package dev.counterpoint.models.transformer;

import dev.counterpoint.core.data.Batch;
import dev.counterpoint.core.data.HostBatch;
import dev.counterpoint.core.data.HostTensor;
import dev.counterpoint.core.model.Activation;
import dev.counterpoint.core.model.attention.MultiHeadAttention;
import java.util.Arrays;
import java.util.Map;

/** Token ids as batches, and a transformer that is small enough for them. */
final class Sequences {
  static final int VOCABULARY = 7;

  private Sequences() {}

  /** One layer of width 8 for at most 6 tokens. */
  static TransformerConfig config(TransformerConfig.Task task, double dropout) {
    return new TransformerConfig(
        task,
        8,
        1,
        2,
        6,
        2,
        dropout,
        Activation.GELU,
        new MultiHeadAttention.Config(),
        1,
        8,
        false);
  }

  /** Items of ids, padded with a given id to a given length. */
  static HostBatch padded(int length, long padding, long[]... items) {
    long[] ids = new long[items.length * length];
    float[] mask = new float[ids.length];
    Arrays.fill(ids, padding);
    int tokens = 0;
    for (int i = 0; i < items.length; i++) {
      System.arraycopy(items[i], 0, ids, i * length, items[i].length);
      Arrays.fill(mask, i * length, i * length + items[i].length, 1);
      tokens += items[i].length;
    }
    return new HostBatch(
        items.length,
        tokens,
        Map.of(
            Batch.IDS, HostTensor.of(ids, items.length, length),
            Batch.MASK, HostTensor.of(mask, items.length, length)));
  }

  /** The same items without saying that nothing is padding. */
  static HostBatch unmasked(HostBatch items) {
    return new HostBatch(
        items.size(), items.tokens(), Map.of(Batch.IDS, items.tensors().get(Batch.IDS)));
  }

  /** One item without padding. */
  static HostBatch alone(long... ids) {
    return padded(ids.length, 0, ids);
  }
}
