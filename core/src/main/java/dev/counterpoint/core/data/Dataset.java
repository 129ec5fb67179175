package dev.counterpoint.core.data;

/**
 * Items that can be asked for in any order. Both methods are called from a background thread, and
 * must give the same answer for the same item whenever they are asked.
 */
public interface Dataset {
  /** Items, counted from 0 to {@code size() - 1}. */
  long size();

  /** The items asked for, in that order, as one batch, padded to the longest of them. */
  HostBatch collate(long[] items);

  /** A data set whose items differ in length, so that batches may group items of like length. */
  interface OfVariableLength extends Dataset {
    /** Tokens of one item. */
    int length(long item);
  }

  /** A data set that can say where an item came from, for a message about it. */
  interface Traceable extends Dataset {
    /** As in {@code reviews.tsv line 17}. */
    String origin(long item);
  }
}
