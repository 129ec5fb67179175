package dev.counterpoint.tasks.tabular;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.counterpoint.core.data.Batch;
import dev.counterpoint.core.data.Dataset;
import dev.counterpoint.core.data.HostBatch;
import dev.counterpoint.core.data.HostTensor;
import dev.counterpoint.tasks.internal.cache.MemoryMappedTokens;
import dev.counterpoint.tasks.targets.LabelNumbers;
import dev.counterpoint.tasks.tokenizer.TokenRows;
import dev.counterpoint.tasks.tokenizer.TokenizedTexts;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntBinaryOperator;
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
final class TabularDataset implements Dataset.Traceable, Dataset.OfInputs {
  private final SplitTable source;
  private final List<String> names;
  private final long size;
  private final RowEncoder encoder;
  private final int inputs;
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
  TabularDataset(SplitTable source, Path folder, TableContent content, List<Double> classWeights)
      throws IOException {
    this.source = source;
    String split = source.name();
    names = content.schema().inputs().stream().map(Column::name).toList();
    this.classWeights = classWeights;
    size = content.split(split).rows();
    encoder = new RowEncoder(content.schema());
    inputs = encoder.features() + encoder.categories();
    targets = content.schema().target().columns().size();
    hasClasses = content.schema().target().isClass();
    weighted = content.schema().weight() != null;
    width = inputs + targets + (weighted ? 1 : 0);
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
    return source.file().origin(lines.get(index));
  }

  @Override
  public List<ObjectNode> inputs(int count) throws IOException {
    return source.first(count, names);
  }

  @Override
  public HostBatch collate(long[] indices) {
    int rows = indices.length;
    IntBinaryOperator row = (i, cell) -> (int) cells.get(indices[i] * width + cell);
    Map<String, HostTensor> tensors = new LinkedHashMap<>();
    encoder.putInputs(rows, row, tensors);
    tensors.put(
        Batch.LABELS,
        hasClasses
            ? HostTensor.of(RowEncoder.ids(rows, inputs, 1, row), rows)
            : RowEncoder.numbers(rows, inputs, targets, row));
    if (weighted || !classWeights.isEmpty()) {
      tensors.put(
          Batch.WEIGHTS,
          LabelNumbers.exampleWeights(
              rows,
              i -> weighted ? Float.intBitsToFloat(row.applyAsInt(i, width - 1)) : 1,
              i -> row.applyAsInt(i, inputs),
              classWeights));
    }
    if (texts == null || tokens == null) {
      return HostBatch.of(rows, tensors);
    }
    List<long[]> ids = texts.rows(indices);
    tensors.putAll(TokenRows.pad(ids, tokens.padding()));
    return new HostBatch(rows, TokenRows.count(ids), tensors);
  }
}
