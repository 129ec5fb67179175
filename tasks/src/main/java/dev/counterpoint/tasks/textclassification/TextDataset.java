package dev.counterpoint.tasks.textclassification;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.counterpoint.core.data.Batch;
import dev.counterpoint.core.data.Dataset;
import dev.counterpoint.core.data.HostBatch;
import dev.counterpoint.core.data.HostTensor;
import dev.counterpoint.core.data.TargetScale;
import dev.counterpoint.tasks.internal.cache.MemoryMappedTokens;
import dev.counterpoint.tasks.internal.cache.SplitFiles;
import dev.counterpoint.tasks.targets.LabelNumbers;
import dev.counterpoint.tasks.tokenizer.TokenRows;
import dev.counterpoint.tasks.tokenizer.TokenizedTexts;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * Memory-mapped dataset of tokenized texts with labels. The garbage collector unmaps the files, so
 * there is nothing to close.
 *
 * <p>Batches hold {@link Batch#IDS} and {@link Batch#MASK} (batch, tokens) and {@link Batch#LABELS}
 * (batch), int64; for several labels per text (batch, labels), float32, 1 for each of its labels;
 * for a regression (batch, targets), float32, standardized. Pairs have {@link Batch#TOKEN_TYPES},
 * and weighted examples {@link Batch#WEIGHTS}.
 *
 * <p>The cells of an example are its label, set of labels or numbers (float32), and of a pair the
 * first token of the second text, then its weight (float32) if there are weights.
 */
final class TextDataset implements Dataset.OfVariableLength, Dataset.Traceable, Dataset.OfInputs {
  private final LabelledRows source;
  private final long size;
  private final int paddingId;
  private final TokenizedTexts texts;
  private final MemoryMappedTokens labels;
  private final MemoryMappedTokens lines;
  private final CacheContent content;
  private final int targets;
  private final int cells;
  private final List<Double> classWeights;

  /**
   * Opens a split.
   *
   * @param classWeights the weights of the classes, multiplied with those of the examples; empty if
   *     all are 1
   */
  TextDataset(
      LabelledRows source, SplitFiles files, CacheContent content, List<Double> classWeights)
      throws IOException {
    this.classWeights = classWeights;
    this.source = source;
    this.content = content;
    targets = content.scale() == null ? 1 : content.labels().size();
    cells = targets + (content.pairs() ? 1 : 0) + (content.weighted() ? 1 : 0);
    size = content.split(files.split()).rows();
    paddingId = content.vocabulary().paddingId();
    texts = new TokenizedTexts(files, content.vocabulary().size());
    labels = new MemoryMappedTokens(files.labels(), SplitFiles.LABEL_WIDTH);
    lines = new MemoryMappedTokens(files.lines(), SplitFiles.LINE_WIDTH);
  }

  @Override
  public long size() {
    return size;
  }

  @Override
  public int length(long index) {
    return texts.length(index);
  }

  @Override
  public String origin(long index) {
    return source.file().origin(lines.get(index));
  }

  @Override
  public List<ObjectNode> inputs(int count) throws IOException {
    return source.inputs(count);
  }

  @Override
  public HostBatch collate(long[] indices) {
    List<long[]> rows = texts.rows(indices);
    Map<String, HostTensor> tensors = TokenRows.pad(rows, paddingId);
    long[] classes = Arrays.stream(indices).map(index -> labels.get(index * cells)).toArray();
    List<List<Integer>> sets = content.labelSets();
    TargetScale scale = content.scale();
    tensors.put(
        Batch.LABELS,
        scale != null
            ? numbers(indices, scale)
            : sets == null ? HostTensor.of(classes, indices.length) : multiHot(classes, sets));
    if (content.pairs()) {
      int[] starts =
          Arrays.stream(indices).mapToInt(it -> (int) labels.get(it * cells + targets)).toArray();
      tensors.put(Batch.TOKEN_TYPES, TokenRows.types(rows, starts));
    }
    if (content.weighted() || !classWeights.isEmpty()) {
      tensors.put(
          Batch.WEIGHTS,
          LabelNumbers.exampleWeights(
              indices.length,
              i ->
                  content.weighted()
                      ? Float.intBitsToFloat((int) labels.get((indices[i] + 1) * cells - 1))
                      : 1,
              i -> (int) classes[i],
              classWeights));
    }
    return new HostBatch(indices.length, TokenRows.count(rows), tensors);
  }

  private HostTensor numbers(long[] indices, TargetScale scale) {
    float[] all = new float[indices.length * targets];
    for (int i = 0; i < all.length; i++) {
      long cell = labels.get(indices[i / targets] * cells + i % targets);
      all[i] = (float) scale.standardized(i % targets, Float.intBitsToFloat((int) cell));
    }
    return HostTensor.of(all, indices.length, targets);
  }

  private HostTensor multiHot(long[] rows, List<List<Integer>> sets) {
    int width = content.labels().size();
    float[] all = new float[rows.length * width];
    for (int i = 0; i < rows.length; i++) {
      for (int label : sets.get((int) rows[i])) {
        all[i * width + label] = 1;
      }
    }
    return HostTensor.of(all, rows.length, width);
  }
}
