package dev.counterpoint.models.transformer;

import dev.counterpoint.core.data.Batch;
import dev.counterpoint.core.data.HostBatch;
import dev.counterpoint.core.data.HostTensor;
import dev.counterpoint.core.model.Activation;
import dev.counterpoint.core.model.attention.MultiHeadAttention;
import java.util.Arrays;
import java.util.Map;

/** Batches of token ids, and a small transformer for them. */
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

  /** Examples padded to a given length with a given id. */
  static HostBatch padded(int length, long padding, long[]... examples) {
    long[] ids = new long[examples.length * length];
    float[] mask = new float[ids.length];
    Arrays.fill(ids, padding);
    int tokens = 0;
    for (int i = 0; i < examples.length; i++) {
      System.arraycopy(examples[i], 0, ids, i * length, examples[i].length);
      Arrays.fill(mask, i * length, i * length + examples[i].length, 1);
      tokens += examples[i].length;
    }
    return new HostBatch(
        examples.length,
        tokens,
        Map.of(
            Batch.IDS, HostTensor.of(ids, examples.length, length),
            Batch.MASK, HostTensor.of(mask, examples.length, length)));
  }

  /** The same examples without a mask. */
  static HostBatch unmasked(HostBatch examples) {
    return new HostBatch(
        examples.size(), examples.tokens(), Map.of(Batch.IDS, examples.tensors().get(Batch.IDS)));
  }

  /** One example without padding. */
  static HostBatch single(long... ids) {
    return padded(ids.length, 0, ids);
  }
}
