package dev.counterpoint.runner.bench;

import dev.counterpoint.core.data.Batch;
import dev.counterpoint.core.data.Dataset;
import dev.counterpoint.core.data.HostBatch;
import dev.counterpoint.core.data.HostTensor;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import java.util.stream.LongStream;

/**
 * Items of random tokens, all of one length, and of random classes, or of the next token at each
 * place: a function of their number.
 */
record RandomExamples(BenchSize shape, long size) implements Dataset {
  static final int FIRST = 4;

  /** A batch of the first items, or those after. */
  HostBatch batch(int number) {
    long from = (long) number * shape.batch();
    return collate(LongStream.range(from, from + shape.batch()).toArray());
  }

  /** What contenders are given that take up the same batches over and over. */
  List<HostBatch> firstBatches() {
    return IntStream.range(0, FIRST).mapToObj(this::batch).toList();
  }

  /** The tokens of the first item. */
  long[] prompt() {
    return Objects.requireNonNull(collate(new long[] {0}).tensors().get(Batch.IDS)).longs();
  }

  @Override
  public HostBatch collate(long[] items) {
    int count = items.length;
    int tokens = shape.tokens();
    long[] ids = new long[count * tokens];
    long[] classes = new long[count];
    long[] next = new long[count * tokens];
    for (int i = 0; i < count; i++) {
      SplittableRandom random = new SplittableRandom(items[i]);
      classes[i] = random.nextInt(BenchSize.CLASSES);
      for (int j = 0; j < tokens; j++) {
        ids[i * tokens + j] = random.nextInt(shape.vocabulary());
      }
      System.arraycopy(ids, i * tokens + 1, next, i * tokens, tokens - 1);
      next[(i + 1) * tokens - 1] = ids[i * tokens];
    }
    HostTensor idTensor = HostTensor.of(ids, count, tokens);
    if (shape.family() == BenchSize.Family.GPT2) {
      HostTensor labels = HostTensor.of(next, count, tokens);
      return batch(count, Map.of(Batch.IDS, idTensor, Batch.LABELS, labels));
    }
    float[] mask = new float[count * tokens];
    Arrays.fill(mask, 1);
    return batch(
        count,
        Map.of(
            Batch.IDS, idTensor,
            Batch.MASK, HostTensor.of(mask, count, tokens),
            Batch.LABELS, HostTensor.of(classes, count)));
  }

  private HostBatch batch(int count, Map<String, HostTensor> tensors) {
    return new HostBatch(count, (long) count * shape.tokens(), tensors);
  }
}
