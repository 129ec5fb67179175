package dev.counterpoint.tasks.tabular;

import dev.counterpoint.core.data.Batch;
import dev.counterpoint.core.data.Dataset;
import dev.counterpoint.core.data.HostBatch;
import dev.counterpoint.core.data.HostTensor;
import dev.counterpoint.tasks.internal.cache.MemoryMappedTokens;
import dev.counterpoint.tasks.table.TableSource;
import dev.counterpoint.tasks.targets.LabelNumbers;
import dev.counterpoint.tasks.tokenizer.TokenRows;
import dev.counterpoint.tasks.tokenizer.TokenizedTexts;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Memory-mapped dataset of encoded rows. The garbage collector unmaps the files, so there is
 * nothing to close.
 *
 * <p>Batches hold {@link Batch#FEATURES} (batch, features), {@link Batch#CATEGORIES} (batch,
 * columns), each unless there are none, {@link Batch#LABELS}, which are (batch) for classes and
 * (batch, targets), float32, for numbers, and {@link Batch#WEIGHTS} if rows or classes are
 * weighted. A column of texts has {@link Batch#IDS} and {@link Batch#MASK}, both (batch, tokens).
 */
final class TabularDataset implements Dataset.Traceable {
  private final TableSource source;
  private final long size;
  private final int features;
  private final int categories;
  private final int targets;
  private final boolean hasClasses;
  private final boolean weighted;
  private final int width;
  private final MemoryMappedTokens cells;
  private final MemoryMappedTokens lines;
  private final List<Double> classWeights;
  private final TabularSchema.@Nullable Tokens tokens;
  private final @Nullable TokenizedTexts texts;

  /**
   * Opens the rows of a split.
   *
   * @param classWeights the weights of the classes, multiplied with those of the rows; empty if all
   *     are 1
   */
  TabularDataset(
      TableSource source,
      Path folder,
      String split,
      TableContent content,
      List<Double> classWeights)
      throws IOException {
    this.source = source;
    this.classWeights = classWeights;
    size = content.split(split).rows();
    RowEncoder encoder = new RowEncoder(content.schema());
    features = encoder.features();
    categories = encoder.categories();
    targets = content.schema().target().columns().size();
    hasClasses = content.schema().target().isClass();
    weighted = content.weighted();
    width = features + categories + targets + (weighted ? 1 : 0);
    cells = new MemoryMappedTokens(TableBuilder.cells(folder, split), TableBuilder.CELL_WIDTH);
    tokens = content.schema().tokens();
    texts =
        tokens == null
            ? null
            : new TokenizedTexts(TableBuilder.tokens(folder, split), tokens.size());
    lines = new MemoryMappedTokens(TableBuilder.lines(folder, split), TableBuilder.LINE_WIDTH);
  }

  @Override
  public long size() {
    return size;
  }

  @Override
  public String origin(long index) {
    return source.origin(lines.get(index));
  }

  @Override
  public HostBatch collate(long[] indices) {
    int rows = indices.length;
    int target = features + categories;
    Map<String, HostTensor> tensors = new LinkedHashMap<>();
    if (features > 0) {
      tensors.put(Batch.FEATURES, HostTensor.of(floats(indices, 0, features), rows, features));
    }
    if (categories > 0) {
      tensors.put(
          Batch.CATEGORIES, HostTensor.of(longs(indices, features, categories), rows, categories));
    }
    tensors.put(
        Batch.LABELS,
        hasClasses
            ? HostTensor.of(longs(indices, target, 1), rows)
            : HostTensor.of(floats(indices, target, targets), rows, targets));
    if (weighted || !classWeights.isEmpty()) {
      tensors.put(
          Batch.WEIGHTS,
          LabelNumbers.exampleWeights(
              rows,
              i ->
                  weighted
                      ? Float.intBitsToFloat((int) cells.get(indices[i] * width + width - 1))
                      : 1,
              i -> (int) cells.get(indices[i] * width + target),
              classWeights));
    }
    if (texts == null || tokens == null) {
      return HostBatch.of(rows, tensors);
    }
    List<long[]> ids = texts.rows(indices);
    tensors.putAll(TokenRows.pad(ids, tokens.padding()));
    return new HostBatch(rows, TokenRows.count(ids), tensors);
  }

  private long[] longs(long[] indices, int from, int count) {
    long[] values = new long[indices.length * count];
    for (int i = 0; i < values.length; i++) {
      values[i] = cells.get(indices[i / count] * width + from + i % count);
    }
    return values;
  }

  private float[] floats(long[] indices, int from, int count) {
    float[] values = new float[indices.length * count];
    for (int i = 0; i < values.length; i++) {
      values[i] =
          Float.intBitsToFloat((int) cells.get(indices[i / count] * width + from + i % count));
    }
    return values;
  }
}
