package dev.counterpoint.tasks.textclassification;

import dev.counterpoint.core.data.Batch;
import dev.counterpoint.core.data.Dataset;
import dev.counterpoint.core.data.HostBatch;
import dev.counterpoint.core.data.HostTensor;
import dev.counterpoint.tasks.cache.MemoryMappedTokens;
import dev.counterpoint.tasks.cache.SplitFiles;
import dev.counterpoint.tasks.table.SourceFile;
import dev.counterpoint.tasks.tokenizer.TokenRows;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * Tokenized texts with a label each, in files that are mapped into memory; Java unmaps them when
 * nothing refers to them any more, so there is nothing to close.
 *
 * <p>Batches have {@link Batch#IDS} and {@link Batch#MASK} (batch, tokens) and {@link Batch#LABELS}
 * (batch).
 */
final class TextDataset implements Dataset.OfVariableLength, Dataset.Traceable {
  private final SourceFile source;
  private final long size;
  private final int paddingId;
  private final MemoryMappedTokens ids;
  private final MemoryMappedTokens offsets;
  private final MemoryMappedTokens labels;
  private final MemoryMappedTokens lines;

  TextDataset(SourceFile source, SplitFiles files, long size, CacheContent.Vocabulary vocabulary)
      throws IOException {
    this.source = source;
    this.size = size;
    paddingId = vocabulary.paddingId();
    ids = new MemoryMappedTokens(files.ids(), SplitFiles.idWidth(vocabulary.size()));
    offsets = new MemoryMappedTokens(files.offsets(), SplitFiles.OFFSET_WIDTH);
    labels = new MemoryMappedTokens(files.labels(), SplitFiles.LABEL_WIDTH);
    lines = new MemoryMappedTokens(files.lines(), SplitFiles.LINE_WIDTH);
  }

  @Override
  public long size() {
    return size;
  }

  @Override
  public int length(long item) {
    return (int) (offsets.get(item + 1) - offsets.get(item));
  }

  @Override
  public String origin(long item) {
    return source.origin(lines.get(item));
  }

  @Override
  public HostBatch collate(long[] items) {
    List<long[]> rows = Arrays.stream(items).mapToObj(this::tokens).toList();
    Map<String, HostTensor> tensors = TokenRows.pad(rows, paddingId);
    long[] classes = Arrays.stream(items).map(labels::get).toArray();
    tensors.put(Batch.LABELS, HostTensor.of(classes, items.length));
    return new HostBatch(items.length, TokenRows.count(rows), tensors);
  }

  private long[] tokens(long item) {
    long[] tokens = new long[length(item)];
    long start = offsets.get(item);
    for (int i = 0; i < tokens.length; i++) {
      tokens[i] = ids.get(start + i);
    }
    return tokens;
  }
}
