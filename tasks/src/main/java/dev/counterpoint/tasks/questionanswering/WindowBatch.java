package dev.counterpoint.tasks.questionanswering;

import dev.counterpoint.core.data.Batch;
import dev.counterpoint.core.data.HostBatch;
import dev.counterpoint.core.data.HostTensor;
import dev.counterpoint.tasks.tokenizer.TokenRows;
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
    int count = windows.size();
    List<long[]> rows =
        windows.stream().map(it -> Arrays.stream(it.ids()).asLongStream().toArray()).toList();
    int width = rows.stream().mapToInt(row -> row.length).max().orElse(0);
    long[] types = new long[count * width];
    long[] labels = new long[2 * count];
    for (int i = 0; i < count; i++) {
      Window window = windows.get(i);
      int from = i * width + window.contextFrom();
      Arrays.fill(types, from, i * width + window.ids().length, window.contextType());
      labels[2 * i] = window.answerStart();
      labels[2 * i + 1] = window.answerEnd();
    }
    Map<String, HostTensor> tensors = TokenRows.pad(rows, paddingId);
    tensors.put(Batch.TOKEN_TYPES, HostTensor.of(types, count, width));
    tensors.put(Batch.LABELS, HostTensor.of(labels, count, 2));
    tensors.put(WINDOWS, HostTensor.of(numbers, count));
    return new HostBatch(count, TokenRows.count(rows), tensors);
  }
}
