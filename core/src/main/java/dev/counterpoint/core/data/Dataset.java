package dev.counterpoint.core.data;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.util.List;

/**
 * Map-style dataset: examples that can be read in any order. Both methods are called from a
 * background thread and must return the same result for the same index every time.
 */
public interface Dataset {
  /** Number of examples; their indices range from 0 to {@code size() - 1}. */
  long size();

  /**
   * Returns the examples at the given indices, in that order, as one batch padded to the longest.
   */
  HostBatch collate(long[] indices);

  /**
   * Dataset whose examples differ in length, so that batches can group examples of similar length.
   */
  interface OfVariableLength extends Dataset {
    /** Number of tokens of one example. */
    int length(long index);
  }

  /** Dataset whose examples are changed at random, differently in each epoch. */
  interface OfEpochs extends Dataset {
    /** Returns the dataset of an epoch, counted from 0: a function of the epoch alone. */
    Dataset ofEpoch(long epoch);
  }

  /** Dataset that can read the inputs of its first examples from their source again. */
  interface OfInputs extends Dataset {
    /**
     * Returns the inputs of the first examples as a caller of the trained model passes them: JSON
     * objects of {@code predict --json}.
     *
     * @param count the maximum number of examples
     */
    List<ObjectNode> inputs(int count) throws IOException;
  }

  /** Dataset that reports where an example comes from, for messages about that example. */
  interface Traceable extends Dataset {
    /** Source location of an example, such as {@code reviews.tsv line 17}. */
    String origin(long index);
  }
}
