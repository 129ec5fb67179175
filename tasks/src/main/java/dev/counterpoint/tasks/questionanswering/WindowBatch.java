package dev.counterpoint.tasks.questionanswering;

import dev.counterpoint.core.data.Batch;
import dev.counterpoint.core.data.HostBatch;
import dev.counterpoint.core.data.HostTensor;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * Collates windows into one batch: {@link Batch#IDS}, {@link Batch#MASK} and {@link
 * Batch#TOKEN_TYPES} (batch, tokens), {@link Batch#LABELS} (batch, 2) with the first and last token
 * of the answer, and {@link #WINDOWS} (batch) with the window numbers.
 */
final class WindowBatch {
  static final String WINDOWS = "windows";

  private WindowBatch() {}

  static HostBatch of(List<Window> windows, long[] numbers, int paddingId) {
    int width = windows.stream().mapToInt(window -> window.ids().length).max().orElse(0);
    int count = windows.size();
    long[] ids = new long[count * width];
    float[] mask = new float[count * width];
    long[] types = new long[count * width];
    long[] labels = new long[2 * count];
    Arrays.fill(ids, paddingId);
    long tokens = 0;
    for (int i = 0; i < count; i++) {
      Window window = windows.get(i);
      int length = window.ids().length;
      for (int j = 0; j < length; j++) {
        ids[i * width + j] = window.ids()[j];
      }
      Arrays.fill(mask, i * width, i * width + length, 1);
      Arrays.fill(
          types, i * width + window.contextFrom(), i * width + length, window.contextType());
      labels[2 * i] = window.answerStart();
      labels[2 * i + 1] = window.answerEnd();
      tokens += length;
    }
    return new HostBatch(
        count,
        tokens,
        Map.of(
            Batch.IDS,
            HostTensor.of(ids, count, width),
            Batch.MASK,
            HostTensor.of(mask, count, width),
            Batch.TOKEN_TYPES,
            HostTensor.of(types, count, width),
            Batch.LABELS,
            HostTensor.of(labels, count, 2),
            WINDOWS,
            HostTensor.of(numbers, count)));
  }
}
