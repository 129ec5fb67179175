package dev.counterpoint.tasks.tokenizer;

import dev.counterpoint.tasks.internal.cache.MemoryMappedTokens;
import dev.counterpoint.tasks.internal.cache.SplitFiles;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;

/** The token ids of the texts of a split, memory-mapped from a cache folder. */
public final class TokenizedTexts {
  private final MemoryMappedTokens ids;
  private final MemoryMappedTokens offsets;

  public TokenizedTexts(SplitFiles files, int vocabularySize) throws IOException {
    ids = new MemoryMappedTokens(files.ids(), SplitFiles.idWidth(vocabularySize));
    offsets = new MemoryMappedTokens(files.offsets(), SplitFiles.OFFSET_WIDTH);
  }

  /** The number of tokens of a text. */
  public int length(long index) {
    return (int) (offsets.get(index + 1) - offsets.get(index));
  }

  /** The token ids of texts. */
  public List<long[]> rows(long[] indices) {
    return Arrays.stream(indices).mapToObj(this::row).toList();
  }

  private long[] row(long index) {
    long[] row = new long[length(index)];
    long start = offsets.get(index);
    for (int i = 0; i < row.length; i++) {
      row[i] = ids.get(start + i);
    }
    return row;
  }
}
