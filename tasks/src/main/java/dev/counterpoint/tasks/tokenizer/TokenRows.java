package dev.counterpoint.tasks.tokenizer;

import dev.counterpoint.core.data.Batch;
import dev.counterpoint.core.data.HostTensor;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Pads the token ids of several texts on the right to the longest text. */
public final class TokenRows {
  private TokenRows() {}

  /** Returns {@link Batch#IDS} (int64) and {@link Batch#MASK} (float32), both (batch, tokens). */
  public static Map<String, HostTensor> pad(List<long[]> rows, int paddingId) {
    int width = rows.stream().mapToInt(row -> row.length).max().orElse(0);
    long[] ids = new long[rows.size() * width];
    float[] mask = new float[ids.length];
    Arrays.fill(ids, paddingId);
    int start = 0;
    for (long[] row : rows) {
      System.arraycopy(row, 0, ids, start, row.length);
      Arrays.fill(mask, start, start + row.length, 1);
      start += width;
    }
    Map<String, HostTensor> tensors = new TreeMap<>();
    tensors.put(Batch.IDS, HostTensor.of(ids, rows.size(), width));
    tensors.put(Batch.MASK, HostTensor.of(mask, rows.size(), width));
    return tensors;
  }

  /**
   * Returns {@link Batch#TOKEN_TYPES} (batch, tokens), int64, of pairs of texts.
   *
   * @param starts the first token of the second text of each row
   */
  public static HostTensor types(List<long[]> rows, int[] starts) {
    int width = rows.stream().mapToInt(row -> row.length).max().orElse(0);
    long[] types = new long[rows.size() * width];
    for (int i = 0; i < starts.length; i++) {
      Arrays.fill(types, i * width + starts[i], i * width + rows.get(i).length, 1);
    }
    return HostTensor.of(types, rows.size(), width);
  }

  public static long count(List<long[]> rows) {
    return rows.stream().mapToLong(row -> row.length).sum();
  }
}
