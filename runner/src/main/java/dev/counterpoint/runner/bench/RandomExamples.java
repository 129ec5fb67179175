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
 * A dataset of random tokens of equal length. The labels are random classes or, for language
 * models, the next token at each position. Each example is a function of its index.
 */
record RandomExamples(BenchSize shape, long size) implements Dataset {
  static final int CYCLIC_BATCHES = 4;

  /** The batch with this index, counted from 0. */
  HostBatch batch(int index) {
    long from = (long) index * shape.dimensions().batch();
    return collate(LongStream.range(from, from + shape.dimensions().batch()).toArray());
  }

  /** The first batches, for contenders that use the same batches cyclically. */
  List<HostBatch> firstBatches() {
    return IntStream.range(0, CYCLIC_BATCHES).mapToObj(this::batch).toList();
  }

  /** The token ids of the first example, as a prompt (tokens). */
  long[] prompt() {
    return Objects.requireNonNull(collate(new long[] {0}).tensors().get(Batch.IDS)).longs();
  }

  @Override
  public HostBatch collate(long[] examples) {
    int count = examples.length;
    int tokens = shape.dimensions().tokens();
    long[] ids = new long[count * tokens];
    long[] classes = new long[count];
    long[] next = new long[count * tokens];
    for (int i = 0; i < count; i++) {
      SplittableRandom random = new SplittableRandom(examples[i]);
      classes[i] = random.nextInt(BenchSize.CLASSES);
      for (int j = 0; j < tokens; j++) {
        ids[i * tokens + j] = random.nextInt(shape.dimensions().vocabulary());
      }
      System.arraycopy(ids, i * tokens + 1, next, i * tokens, tokens - 1);
      next[(i + 1) * tokens - 1] = ids[i * tokens];
    }
    HostTensor idTensor = HostTensor.of(ids, count, tokens);
    if (shape.dimensions().family() == BenchSize.Family.GPT2) {
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
    return new HostBatch(count, (long) count * shape.dimensions().tokens(), tensors);
  }
}
