package dev.counterpoint.tasks.maskedlanguagemodel;

import dev.counterpoint.core.data.Batch;
import dev.counterpoint.core.data.Dataset;
import dev.counterpoint.core.data.HostBatch;
import dev.counterpoint.core.data.HostTensor;
import dev.counterpoint.core.loss.CrossEntropy;
import java.util.Arrays;
import java.util.Map;
import java.util.Objects;

/**
 * Packed text with masked tokens: {@link Batch#IDS}, and {@link Batch#LABELS} with the tokens that
 * were selected and {@link CrossEntropy#IGNORED} for all others, both (batch, tokens).
 *
 * @param text the examples, of equal length; tokens without a label belong to an earlier example
 * @param epoch the epoch; {@value #EVALUATION} for a split that is evaluated
 */
record MaskedText(Dataset text, Masking masking, long epoch) implements Dataset.OfEpochs {
  static final long EVALUATION = -1;

  @Override
  public Dataset ofEpoch(long other) {
    return new MaskedText(text, masking, other);
  }

  @Override
  public long size() {
    return text.size();
  }

  @Override
  public HostBatch collate(long[] indices) {
    Map<String, HostTensor> tensors = text.collate(indices).tensors();
    long[] ids = Objects.requireNonNull(tensors.get(Batch.IDS)).longs().clone();
    long[] labels = Objects.requireNonNull(tensors.get(Batch.LABELS)).longs().clone();
    int length = ids.length / indices.length;
    for (int i = 0; i < indices.length; i++) {
      masking.apply(epoch, indices[i], ids, labels, i * length, (i + 1) * length);
    }
    return new HostBatch(
        indices.length,
        Arrays.stream(labels).filter(label -> label != CrossEntropy.IGNORED).count(),
        Map.of(
            Batch.IDS, HostTensor.of(ids, indices.length, length),
            Batch.LABELS, HostTensor.of(labels, indices.length, length)));
  }
}
