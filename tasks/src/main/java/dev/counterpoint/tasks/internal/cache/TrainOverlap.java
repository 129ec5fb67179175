package dev.counterpoint.tasks.internal.cache;

import dev.counterpoint.core.internal.storage.Sha256;
import java.io.BufferedInputStream;
import java.io.Closeable;
import java.io.DataInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.BitSet;

/**
 * Rows of a split whose text also occurs in the training split. Results on memorized texts do not
 * measure generalization.
 *
 * @param rows the number of such rows
 * @param line the line of the first such row in its file; 0 if there is none
 * @param trainLine the first line with the same text in the file of the training split; 0 if there
 *     is none
 */
public record TrainOverlap(long rows, long line, long trainLine) {
  /** Rows of the split that are held in memory for one pass over the training split. */
  private static final int BLOCK = 1 << 22;

  /**
   * The first 64 bits of a text's SHA-256. Between one million texts and one billion other texts, a
   * collision has a probability of about 1 in 18,000.
   */
  static long hash(String text) {
    byte[] digest = Sha256.begin().digest(text.getBytes(StandardCharsets.UTF_8));
    return ByteBuffer.wrap(digest).getLong();
  }

  /**
   * Finds the overlap of a split with the training split, using at most 96 MiB of memory for any
   * size.
   */
  public static TrainOverlap find(SplitFiles train, SplitFiles other) throws IOException {
    return find(train.hashes(), other.hashes(), BLOCK);
  }

  /**
   * Finds the overlap of two files that hold a hash and a line number for each row.
   *
   * @param block rows of the other split held in memory at once, 24 bytes each
   */
  public static TrainOverlap find(Path train, Path other, int block) throws IOException {
    long rows = 0;
    long line = 0;
    long hash = 0;
    try (Pairs others = new Pairs(other)) {
      for (long remaining = others.count(); remaining > 0; remaining -= block) {
        long[] hashes = new long[(int) Math.min(block, remaining)];
        long[] lines = new long[hashes.length];
        for (int i = 0; i < hashes.length; i++) {
          hashes[i] = others.next();
          lines[i] = others.next();
        }
        long[] sorted = hashes.clone();
        Arrays.sort(sorted);
        BitSet matches = matches(sorted, train);
        for (int i = 0; i < hashes.length; i++) {
          if (matches.get(Arrays.binarySearch(sorted, hashes[i]))) {
            if (rows++ == 0) {
              line = lines[i];
              hash = hashes[i];
            }
          }
        }
      }
    }
    return new TrainOverlap(rows, line, rows == 0 ? 0 : lineOf(hash, train));
  }

  /** Indices of the sorted hashes that occur in the training split. */
  private static BitSet matches(long[] sorted, Path train) throws IOException {
    BitSet matches = new BitSet(sorted.length);
    try (Pairs pairs = new Pairs(train)) {
      for (long remaining = pairs.count(); remaining > 0; remaining--) {
        int found = Arrays.binarySearch(sorted, pairs.next());
        pairs.next();
        if (found >= 0) {
          matches.set(found);
        }
      }
    }
    return matches;
  }

  private static long lineOf(long hash, Path train) throws IOException {
    try (Pairs pairs = new Pairs(train)) {
      while (pairs.next() != hash) {
        pairs.next();
      }
      return pairs.next();
    }
  }

  /** Reads the pairs of a {@link NumberFile} number by number. */
  private static final class Pairs implements Closeable {
    private final DataInputStream numbers;
    private final long count;

    Pairs(Path file) throws IOException {
      count = Files.size(file) / (2 * Long.BYTES);
      numbers = new DataInputStream(new BufferedInputStream(Files.newInputStream(file), 1 << 16));
    }

    long count() {
      return count;
    }

    long next() throws IOException {
      return Long.reverseBytes(numbers.readLong());
    }

    @Override
    public void close() throws IOException {
      numbers.close();
    }
  }
}
