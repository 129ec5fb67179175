package dev.counterpoint.tasks.cache;

import java.io.IOException;
import java.nio.file.Path;
import java.security.MessageDigest;

/**
 * Where a split's numbers lie in a cache folder: token ids one after another, where each item
 * begins among them (and, at the end, where the last one ends), labels, and lines of the source.
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

  /** Hash and line of each text, while the splits are compared; no part of the finished cache. */
  public Path hashes() {
    return folder.resolve(split + ".hashes");
  }

  /** Bytes an id: two suffice for a vocabulary of up to 65,536 tokens. */
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

    public void add(long line, String text, int label, long[] tokenIds) throws IOException {
      hashes.put(TrainOverlap.hash(text));
      hashes.put(line);
      for (long id : tokenIds) {
        ids.put(id);
      }
      tokens += tokenIds.length;
      offsets.put(tokens);
      labels.put(label);
      lines.put(line);
    }

    /** Brings all to the disk; the items go into the digest. */
    public void finish(MessageDigest items) throws IOException {
      items.update(ids.finish());
      items.update(offsets.finish());
      items.update(labels.finish());
      lines.finish();
      hashes.finish();
    }

    @Override
    public void close() throws IOException {
      ids.close();
      offsets.close();
      labels.close();
      lines.close();
      hashes.close();
    }
  }
}
