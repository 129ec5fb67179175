package dev.counterpoint.tasks.textgeneration;

import dev.counterpoint.core.data.Batch;
import dev.counterpoint.core.data.Dataset;
import dev.counterpoint.core.data.HostBatch;
import dev.counterpoint.core.data.HostTensor;
import dev.counterpoint.core.loss.CrossEntropy;
import dev.counterpoint.tasks.cache.MemoryMappedTokens;
import java.util.Arrays;
import java.util.Map;

/**
 * A stretch of a token file cut into items of one length, without padding: {@link Batch#IDS} and,
 * one place on, {@link Batch#LABELS}, (batch, tokens) both. Every token but the first is a label
 * once: the last item begins early enough to be full, and what an item before it has predicted
 * already does not count.
 */
final class PackedText implements Dataset {
  private final MemoryMappedTokens ids;
  private final long from;
  private final long to;
  private final int length;

  /**
   * A stretch.
   *
   * @param from its first token
   * @param to the token behind its last
   * @param length tokens of an item; fewer where the stretch has fewer
   */
  PackedText(MemoryMappedTokens ids, long from, long to, int length) {
    this.ids = ids;
    this.from = from;
    this.to = to;
    this.length = (int) Math.min(length, Math.max(1, to - from - 1));
  }

  @Override
  public long size() {
    return to - from < 2 ? 0 : (to - from - 2) / length + 1;
  }

  @Override
  public HostBatch collate(long[] items) {
    long[] read = new long[items.length * length];
    long[] next = new long[items.length * length];
    for (int i = 0; i < items.length; i++) {
      fill(items[i], read, next, i * length);
    }
    long counted = Arrays.stream(next).filter(label -> label != CrossEntropy.IGNORED).count();
    return new HostBatch(
        items.length,
        counted,
        Map.of(
            Batch.IDS, HostTensor.of(read, items.length, length),
            Batch.LABELS, HostTensor.of(next, items.length, length)));
  }

  private void fill(long item, long[] read, long[] next, int place) {
    long wanted = from + item * length;
    long start = Math.min(wanted, to - 1 - length);
    for (int j = 0; j < length; j++) {
      read[place + j] = ids.get(start + j);
      next[place + j] = start + j < wanted ? CrossEntropy.IGNORED : ids.get(start + j + 1);
    }
  }
}
