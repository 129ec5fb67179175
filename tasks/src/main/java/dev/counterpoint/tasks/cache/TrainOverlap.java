package dev.counterpoint.tasks.cache;

import dev.counterpoint.core.storage.Sha256;
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
 * Rows of a split whose text is in the training split, too: what a model has learned by heart says
 * nothing of what it can do.
 *
 * @param rows how many there are
 * @param line of the first of them in its file; 0 where there is none
 * @param trainLine where its text comes first in the file of the training split
 */
public record TrainOverlap(long rows, long line, long trainLine) {
  /** Items of the split that are compared with the whole training split at once. */
  private static final int BLOCK = 1 << 22;

  /**
   * The first 64 bits of a text's SHA-256. A million different texts and a billion others share one
   * by chance once in 18,000 such pairs of sets.
   */
  static long hash(String text) {
    byte[] digest = Sha256.begin().digest(text.getBytes(StandardCharsets.UTF_8));
    return ByteBuffer.wrap(digest).getLong();
  }

  /** Compares two splits; memory is 96 MiB at most, however large they are. */
  public static TrainOverlap find(SplitFiles train, SplitFiles other) throws IOException {
    return find(train.hashes(), other.hashes(), BLOCK);
  }

  /**
   * Compares two files of pairs of numbers, the hash and the line of each row.
   *
   * @param block rows of the other that are held at once: three times 8 bytes each
   */
  public static TrainOverlap find(Path train, Path other, int block) throws IOException {
    long rows = 0;
    long line = 0;
    long hash = 0;
    try (Pairs others = new Pairs(other)) {
      for (long left = others.count(); left > 0; left -= block) {
        long[] hashes = new long[(int) Math.min(block, left)];
        long[] lines = new long[hashes.length];
        for (int i = 0; i < hashes.length; i++) {
          hashes[i] = others.next();
          lines[i] = others.next();
        }
        long[] sorted = hashes.clone();
        Arrays.sort(sorted);
        BitSet met = met(sorted, train);
        for (int i = 0; i < hashes.length; i++) {
          if (met.get(Arrays.binarySearch(sorted, hashes[i]))) {
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

  /** Where binary searches for the training split's hashes end with a hit. */
  private static BitSet met(long[] sorted, Path train) throws IOException {
    BitSet met = new BitSet(sorted.length);
    try (Pairs pairs = new Pairs(train)) {
      for (long left = pairs.count(); left > 0; left--) {
        int found = Arrays.binarySearch(sorted, pairs.next());
        pairs.next();
        if (found >= 0) {
          met.set(found);
        }
      }
    }
    return met;
  }

  private static long lineOf(long hash, Path train) throws IOException {
    try (Pairs pairs = new Pairs(train)) {
      while (pairs.next() != hash) {
        pairs.next();
      }
      return pairs.next();
    }
  }

  /** The pairs of a {@link NumberFile}, number by number. */
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
