package dev.counterpoint.tasks.internal.cache;

import java.io.IOException;
import java.nio.file.Path;
import java.security.MessageDigest;

/**
 * Files of one split in a cache folder: the token ids of all examples in sequence, the offset of
 * each example among them (followed by the end of the last example), the labels, and the line
 * numbers in the source file.
 */
public record SplitFiles(Path folder, String split) {
  public static final int OFFSET_WIDTH = Long.BYTES;
  public static final int LABEL_WIDTH = Integer.BYTES;
  public static final int LINE_WIDTH = Long.BYTES;

  public Path ids() {
    return folder.resolve(split + ".ids");
  }

  public Path offsets() {
    return folder.resolve(split + ".offsets");
  }

  public Path labels() {
    return folder.resolve(split + ".labels");
  }

  public Path lines() {
    return folder.resolve(split + ".lines");
  }

  /**
   * File with the hash and line of each text, needed to find overlap between splits; deleted from
   * the finished cache.
   */
  public Path hashes() {
    return folder.resolve(split + ".hashes");
  }

  /** Bytes per token id: 2 for a vocabulary of up to 65,536 tokens, otherwise 4. */
  public static int idWidth(int vocabularySize) {
    return vocabularySize <= 1 << Short.SIZE ? Short.BYTES : Integer.BYTES;
  }

  /** Writes the files of a split. */
  public static final class Writer implements AutoCloseable {
    private final NumberFile ids;
    private final NumberFile offsets;
    private final NumberFile labels;
    private final NumberFile lines;
    private final NumberFile hashes;
    private long tokens;

    public Writer(SplitFiles files, int vocabularySize) throws IOException {
      ids = new NumberFile(files.ids(), idWidth(vocabularySize));
      offsets = new NumberFile(files.offsets(), OFFSET_WIDTH);
      labels = new NumberFile(files.labels(), LABEL_WIDTH);
      lines = new NumberFile(files.lines(), LINE_WIDTH);
      hashes = new NumberFile(files.hashes(), Long.BYTES);
      offsets.put(0);
    }

    /** Adds an example; each has the same number of labels. */
    public void add(long line, String text, int[] ownLabels, long[] tokenIds) throws IOException {
      hashes.put(TrainOverlap.hash(text));
      hashes.put(line);
      for (long id : tokenIds) {
        ids.put(id);
      }
      tokens += tokenIds.length;
      offsets.put(tokens);
      for (int label : ownLabels) {
        labels.put(label);
      }
      lines.put(line);
    }

    /** Syncs all files to disk and adds the examples to the digest. */
    public void finish(MessageDigest digest) throws IOException {
      digest.update(ids.finish());
      digest.update(offsets.finish());
      digest.update(labels.finish());
      lines.finish();
      hashes.finish();
    }

    @Override
    public void close() throws IOException {
      try (ids;
          offsets;
          labels;
          lines;
          hashes) {
        // Closes all, even if one fails.
      }
    }
  }
}
