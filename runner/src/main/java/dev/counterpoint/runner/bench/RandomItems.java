package dev.counterpoint.runner.bench;

import dev.counterpoint.core.data.Batch;
import dev.counterpoint.core.data.Dataset;
import dev.counterpoint.core.data.HostBatch;
import dev.counterpoint.core.data.HostTensor;
import java.util.Arrays;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.LongStream;

/** Items of random tokens and random classes, all of one length: a function of their number. */
record RandomItems(EncoderSize encoder, long size) implements Dataset {
  /** A batch of the first items, or those after. */
  HostBatch batch(int number) {
    long from = (long) number * encoder.batch();
    return collate(LongStream.range(from, from + encoder.batch()).toArray());
  }

  @Override
  public HostBatch collate(long[] items) {
    int count = items.length;
    int tokens = encoder.tokens();
    long[] ids = new long[count * tokens];
    long[] labels = new long[count];
    for (int i = 0; i < count; i++) {
      SplittableRandom random = new SplittableRandom(items[i]);
      labels[i] = random.nextInt(EncoderSize.CLASSES);
      for (int j = 0; j < tokens; j++) {
        ids[i * tokens + j] = random.nextInt(EncoderSize.VOCABULARY);
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
