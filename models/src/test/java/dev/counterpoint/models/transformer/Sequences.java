package dev.counterpoint.models.transformer;

import dev.counterpoint.core.data.Batch;
import dev.counterpoint.core.data.HostBatch;
import dev.counterpoint.core.data.HostTensor;
import dev.counterpoint.core.model.FeedForward;
import dev.counterpoint.core.settings.RecordCopy;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;

/** Batches of token ids, and a small transformer for them. */
final class Sequences {
  static final int VOCABULARY = 7;

  private Sequences() {}

  /** One layer of width 8 for at most 6 tokens. */
  static TransformerConfig config(TransformerConfig.Task task, double dropout) {
    return config(Map.of("task", task, "dropout", dropout));
  }

  /** One layer of width 8 for at most 6 tokens, without dropout, and with other settings. */
  static TransformerConfig config(Map<String, ?> settings) {
    Map<String, Object> all = new TreeMap<>();
    all.putAll(Map.of("width", 8, "layers", 1, "heads", 2, "maxLength", 6, "dropout", 0.0));
    all.put("feedForward", new FeedForward.Config(2));
    all.putAll(settings);
    return RecordCopy.with(TransformerConfig.defaults(), all);
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
