package dev.counterpoint.tasks.textgeneration;

import dev.counterpoint.core.data.Batch;
import dev.counterpoint.core.data.Dataset;
import dev.counterpoint.core.data.HostBatch;
import dev.counterpoint.core.data.HostTensor;
import dev.counterpoint.core.loss.CrossEntropy;
import dev.counterpoint.tasks.internal.cache.MemoryMappedTokens;
import java.util.Arrays;
import java.util.Map;

/**
 * Range of a token file cut into examples of equal length without padding: {@link Batch#IDS} and,
 * shifted by one position, {@link Batch#LABELS}, both (batch, tokens). Every token except the first
 * is a label exactly once: the last example starts early enough to be full, and the labels that it
 * shares with the previous example are ignored.
 */
record PackedText(MemoryMappedTokens ids, long from, long to, int length) implements Dataset {

  /**
   * Creates a dataset for a range of tokens.
   *
   * @param from the first token
   * @param to the end of the range, exclusive
   * @param length the number of tokens of an example; smaller if the range has fewer tokens
   */
  PackedText {
    length = (int) Math.min(length, Math.max(1, to - from - 1));
  }

  @Override
  public long size() {
    return to - from < 2 ? 0 : (to - from - 2) / length + 1;
  }

  @Override
  public HostBatch collate(long[] indices) {
    long[] inputs = new long[indices.length * length];
    long[] targets = new long[indices.length * length];
    for (int i = 0; i < indices.length; i++) {
      fill(indices[i], inputs, targets, i * length);
    }
    long labelCount = Arrays.stream(targets).filter(label -> label != CrossEntropy.IGNORED).count();
    return new HostBatch(
        indices.length,
        labelCount,
        Map.of(
            Batch.IDS, HostTensor.of(inputs, indices.length, length),
            Batch.LABELS, HostTensor.of(targets, indices.length, length)));
  }

  private void fill(long index, long[] inputs, long[] targets, int offset) {
    long nominalStart = from + index * length;
    long start = Math.min(nominalStart, to - 1 - length);
    for (int j = 0; j < length; j++) {
      inputs[offset + j] = ids.get(start + j);
      targets[offset + j] =
          start + j < nominalStart ? CrossEntropy.IGNORED : ids.get(start + j + 1);
    }
  }
}
