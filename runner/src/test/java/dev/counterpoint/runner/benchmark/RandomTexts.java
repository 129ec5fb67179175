package dev.counterpoint.runner.benchmark;

import dev.counterpoint.core.data.Batch;
import dev.counterpoint.core.data.Dataset;
import dev.counterpoint.core.data.HostBatch;
import dev.counterpoint.core.data.HostTensor;
import java.util.Arrays;
import java.util.Map;
import java.util.SplittableRandom;

/** A dataset of random tokens with one of two labels; all batches have the same shape. */
record RandomTexts(long size, int tokens, int vocabulary) implements Dataset {
  @Override
  public HostBatch collate(long[] examples) {
    int count = examples.length;
    long[] ids = new long[count * tokens];
    long[] labels = new long[count];
    for (int i = 0; i < count; i++) {
      SplittableRandom random = new SplittableRandom(examples[i]);
      labels[i] = random.nextInt(2);
      for (int j = 0; j < tokens; j++) {
        ids[i * tokens + j] = random.nextInt(vocabulary);
      }
    }
    float[] mask = new float[count * tokens];
    Arrays.fill(mask, 1);
    return new HostBatch(
        count,
        (long) count * tokens,
        Map.of(
            Batch.IDS, HostTensor.of(ids, count, tokens),
            Batch.MASK, HostTensor.of(mask, count, tokens),
            Batch.LABELS, HostTensor.of(labels, count)));
  }
}
